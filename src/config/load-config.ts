import { sep } from 'node:path';
import { formatIssue, ParseContext } from '../common/parse.js';
import { type AppConfig, ConfigurationError, toConfig, type TokenTrust } from './app-config.js';
import { variables, type VariableValues } from './variables.js';

/** As `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Validates the part of the configuration that a feature owns; returns every problem found. */
export type ConfigCheck = (config: AppConfig, environment: Environment) => readonly string[];

/**
 * Parses and validates the environment.
 *
 * @param environment a variable set to an empty string counts as not set
 * @param checks of the features; they run when every single variable is valid
 * @throws ConfigurationError with all problems, not only the first
 */
export function loadConfig(environment: Environment, checks: readonly ConfigCheck[] = []): AppConfig {
  const problems: string[] = [];
  const values = parseVariables(environment, problems);
  if (!values) throw new ConfigurationError(problems);

  const config = toConfig(values, trustOf(values, problems));
  problems.unshift(...keysProblems(config), ...checks.flatMap((check) => check(config, environment)));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return config;
}

function parseVariables(environment: Environment, problems: string[]): VariableValues | undefined {
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const given = environment[name];
    const text = given === undefined || given === '' ? ('default' in variable ? variable.default : undefined) : given;
    if (text === undefined) continue;
    const context = new ParseContext();
    values[name] = variable.parse(text, context);
    const shown = 'secret' in variable ? 'a value that is not shown' : `'${text}'`;
    problems.push(...context.issues.map(({ problem }) => `${name} ${formatIssue({ problem, given: shown })}`));
  }
  // Every entry is the result of the parser of its variable.
  return problems.length === 0 ? (values as VariableValues) : undefined;
}

/** A copy of the data would be a copy of the keys, and the other way round. */
function keysProblems({ dataDir, keysDir }: AppConfig): readonly string[] {
  const isInside = (inner: string, outer: string): boolean => `${inner}${sep}`.startsWith(`${outer}${sep}`);
  if (!isInside(keysDir, dataDir) && !isInside(dataDir, keysDir)) return [];
  return [
    `KEYS_DIR must be outside of DATA_DIR, and DATA_DIR outside of KEYS_DIR, got '${keysDir}' and '${dataDir}': ` +
      'on one volume, use a directory for each, such as /data/streams and /data/keys',
  ];
}

/**
 * How tokens are verified. An external KurrentDB, which others share, requires configured keys; the embedded one can
 * use a generated secret.
 */
function trustOf(values: VariableValues, problems: string[]): TokenTrust {
  const { AUTH_JWKS_URL: url, AUTH_JWT_SECRET: secret, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = values;
  if (url !== undefined && secret !== undefined)
    problems.push(
      'AUTH_JWKS_URL and AUTH_JWT_SECRET are both set, but tokens are verified with one of them: unset the other',
    );
  if (url !== undefined) {
    for (const [name, value] of [
      ['AUTH_ISSUER', issuer],
      ['AUTH_AUDIENCE', audience],
    ] as const) {
      if (value === undefined)
        problems.push(
          `${name} must be set together with AUTH_JWKS_URL: without it, tokens issued for other services would be accepted`,
        );
    }
    return { kind: 'jwks', url, issuer: issuer ?? '', audience: audience ?? '' };
  }
  if (secret !== undefined) return { kind: 'secret', secret, issuer, audience };
  if (values.KURRENTDB_CONNECTION_STRING !== undefined)
    problems.push(
      'AUTH_JWKS_URL or AUTH_JWT_SECRET must be set together with KURRENTDB_CONNECTION_STRING: the generated development secret is for the embedded KurrentDB only',
    );
  return { kind: 'development' };
}
