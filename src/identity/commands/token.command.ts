import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseSeconds, withModule } from '../../command-line/index.js';
import { isUserId, type Role } from '../../event-store/domain/index.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { TokensModule } from '../tokens/tokens.module.js';

interface TokenOptions {
  readonly user: string;
  readonly role: readonly Role[];
  readonly expiresIn: number;
}

/** Roles that an operator can grant; every caller has `user`. */
export const GRANTED_ROLES = ['system', 'admin'] as const satisfies readonly Role[];

/** `token`: prints a bearer token, if this service has the signing secret. */
export function addTokenCommand(program: Command): void {
  program
    .command('token')
    .description('print a bearer token for a user; the service need not run, and no store is opened')
    .requiredOption('--user <id>', 'the id of the user', parseUserId)
    .addOption(
      new Option('--role <role...>', 'what the user may be beside a user').choices(GRANTED_ROLES).default([], 'none'),
    )
    .addOption(
      new Option('--expires-in <duration>', 'how long the token is good for')
        .argParser(parseSeconds)
        .default(parseSeconds('12h'), '12h'),
    )
    .action(async ({ user, role, expiresIn }: TokenOptions) => {
      const token = await withModule(TokensModule, (context) =>
        context.get(TokenIssuer).issueToken({ user, roles: role, expiresInSeconds: expiresIn }),
      );
      process.stdout.write(`${token}\n`);
    });
}

function parseUserId(text: string): string {
  if (!isUserId(text))
    throw new InvalidArgumentError(
      "Use at most 128 letters, digits, '_', '.', '@' and '-', without a segment such as '-profile', " +
        'and not the name of a role.',
    );
  return text;
}
