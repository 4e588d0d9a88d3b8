import { type Command, InvalidArgumentError, Option } from 'commander';
import { toTimestamp } from '../../common/time.js';
import { parseSeconds, withStore } from '../../command-line/index.js';
import { type Role } from '../../event-store/domain/index.js';
import { type ApiKeyService } from '../api-keys/api-key.service.js';
import { type ApiKey, isApiKeyName, stateOf } from '../domain/index.js';
import { GRANTED_ROLES } from './token.command.js';

interface CreateOptions {
  readonly name: string;
  readonly role: readonly Role[];
  readonly expiresIn?: number;
}

type RevokeOptions = { readonly name?: string; readonly id?: string };

/** `api-keys create|list|revoke`, with or without a running service. */
export function addApiKeyCommands(program: Command): void {
  const apiKeys = program.command('api-keys').description('create, list and revoke API keys, for all replicas');
  apiKeys
    .command('create')
    .description('create a key and print it; it cannot be printed again')
    .requiredOption(
      '--name <name>',
      'of the service that uses the key; permissions refer to it as key:<name>',
      parseName,
    )
    .addOption(
      new Option('--role <role...>', 'what the service may be beside a user')
        .choices(GRANTED_ROLES)
        .default([], 'none'),
    )
    .option(
      '--expires-in <duration>',
      'lifetime of the key, such as 90d; without it, the key does not expire',
      parseSeconds,
    )
    .action(create);
  apiKeys
    .command('list')
    .description('list all keys, also revoked ones, without their secrets')
    .option('--json', 'as JSON')
    .action(list);
  apiKeys
    .command('revoke')
    .description('revoke a key')
    .addOption(new Option('--name <name>', 'of the key').conflicts('id'))
    .option('--id <id>', 'of the key')
    .action(revoke);
}

async function create({ name, role, expiresIn }: CreateOptions): Promise<void> {
  const { text } = await withService((service) =>
    service.create({ name, roles: role, ...(expiresIn === undefined ? {} : { expiresInSeconds: expiresIn }) }),
  );
  process.stdout.write(`${text}\n`);
  process.stderr.write(
    `The key of '${name}'. It is shown only once and not stored: save it now. ` +
      'Send it as X-API-Key or as Authorization: Bearer.\n',
  );
}

async function list({ json = false }: { readonly json?: boolean }): Promise<void> {
  const keys = (await withService((service) => service.list())).map((key) => describe(key, Date.now()));
  process.stdout.write(json ? `${JSON.stringify(keys, undefined, 2)}\n` : tableOf(keys));
}

async function revoke({ name, id }: RevokeOptions, command: Command): Promise<void> {
  const key = name ?? id;
  if (key === undefined) command.error("error: give --name or --id; 'api-keys list' shows both");
  const revoked = await withService((service) => service.revoke(key));
  process.stdout.write(`Revoked the key of '${revoked.name}' (${revoked.keyId})\n`);
}

async function withService<Result>(use: (service: ApiKeyService) => Promise<Result>): Promise<Result> {
  const { ApiKeyService, ApiKeysModule } = await import('../api-keys/index.js');
  return withStore(ApiKeysModule, (context) => use(context.get(ApiKeyService)));
}

type ApiKeyRow = ReturnType<typeof describe>;

/** Excludes the hash. */
function describe(
  key: ApiKey,
  now: number,
): Record<'name' | 'keyId' | 'state' | 'createdAt', string> & {
  readonly roles: readonly Role[];
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
} {
  const { name, keyId, roles, createdAt, expiresAt, revokedAt } = key;
  const toText = (instant: number | undefined): string | null => (instant === undefined ? null : toTimestamp(instant));
  return {
    name,
    keyId,
    roles,
    state: stateOf(key, now),
    createdAt: toTimestamp(createdAt),
    expiresAt: toText(expiresAt),
    revokedAt: toText(revokedAt),
  };
}

function tableOf(keys: readonly ApiKeyRow[]): string {
  const rows = [
    ['NAME', 'ID', 'ROLES', 'STATE', 'CREATED', 'EXPIRES'],
    ...keys.map(({ name, keyId, roles, state, createdAt, expiresAt }) => [
      name,
      keyId,
      ['user', ...roles].join(' '),
      state,
      createdAt,
      expiresAt ?? 'never',
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function parseName(text: string): string {
  if (!isApiKeyName(text)) throw new InvalidArgumentError("Use at most 64 lower-case letters, digits and '-'.");
  return text;
}
