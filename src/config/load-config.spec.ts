import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from './app-config.js';
import { loadConfig } from './load-config.js';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('has a default for everything, with the three documented services', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({ http: { port: 3001 }, logLevel: 'info', kurrentdb: { connectionString: undefined } });
    expect(config.uptime.services.map(({ name, kind, intervalMs, timeoutMs, failureThreshold, successThreshold }) => ({ name, kind, intervalMs, timeoutMs, failureThreshold, successThreshold }))).toEqual(
      ['http', 'websocket', 'database'].map((name) => ({ name, kind: name, intervalMs: 10_000, timeoutMs: 5_000, failureThreshold: 3, successThreshold: 2 })),
    );
    expect(config.dataDir.startsWith('/')).toBe(true);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(loadConfig({ PORT: '', UPTIME_HTTP_URL: '' })).toMatchObject({ http: { port: 3001 } });
  });

  it.each([
    ['PORT', '99999', "PORT is '99999'; it must be a whole number from 0 to 65535"],
    ['PORT', '3001.5', "PORT is '3001.5'; it must be a whole number from 0 to 65535"],
    ['PORT', '1e3', "PORT is '1e3'; it must be a whole number from 0 to 65535"],
    ['LOG_LEVEL', 'loud', "LOG_LEVEL is 'loud'; it must be one of fatal, error, warn, info, debug, trace, silent"],
    ['UPTIME_INTERVAL_MS', '-1', "UPTIME_INTERVAL_MS is '-1'; it must be a whole number from 100 to 86400000"],
    ['UPTIME_HTTP_URL', 'ftp://u:secret@h', 'UPTIME_HTTP_URL is a value that is not shown; it must be a URL beginning with http:// or https://'],
    ['KURRENTDB_CONNECTION_STRING', 'postgres://u:secret@h', 'KURRENTDB_CONNECTION_STRING is a value that is not shown; it must be a KurrentDB connection string such as kurrentdb://user:password@host:2113 or kurrentdb+discover://host:2113'],
  ])('%s=%s stops the start with its name, what it was and what it may be', (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toEqual([problem]);
  });

  it('trusts a secret of its own making, on the embedded KurrentDB alone, and opens uptime and health', () => {
    expect(loadConfig({}).auth).toEqual({ trust: { kind: 'development' }, userClaim: 'sub', rolesClaim: 'roles', openEndpoints: new Set(['health', 'uptime']) });
  });

  it('trusts what it is told to trust', () => {
    const secret = 'a secret of more than 32 bytes, made by chance';
    expect(loadConfig({ AUTH_JWT_SECRET: secret, AUTH_AUDIENCE: 'shop', KURRENTDB_CONNECTION_STRING: 'kurrentdb://h:2113' }).auth.trust).toEqual({ kind: 'secret', secret, issuer: undefined, audience: 'shop' });
    expect(loadConfig({ AUTH_JWKS_URL: 'https://id.example/keys', AUTH_ISSUER: 'https://id.example', AUTH_AUDIENCE: 'shop' }).auth.trust).toEqual({ kind: 'jwks', url: 'https://id.example/keys', issuer: 'https://id.example', audience: 'shop' });
    expect(loadConfig({ AUTH_USER_CLAIM: 'email', AUTH_ROLES_CLAIM: 'realm_access.roles' }).auth).toMatchObject({ userClaim: 'email', rolesClaim: 'realm_access.roles' });
  });

  it.each<[Record<string, string>, readonly string[]]>([
    [{ KURRENTDB_CONNECTION_STRING: 'kurrentdb://h:2113' }, ['AUTH_JWKS_URL or AUTH_JWT_SECRET must be set where KURRENTDB_CONNECTION_STRING is: without real authentication the service only runs on its embedded KurrentDB']],
    [{ AUTH_JWT_SECRET: 'short' }, ['AUTH_JWT_SECRET is a value that is not shown; it must be a text of at least 32 bytes, made by chance']],
    [{ AUTH_JWKS_URL: 'ftp://id.example' }, ["AUTH_JWKS_URL is 'ftp://id.example'; it must be a URL beginning with http:// or https://"]],
    [
      { AUTH_JWKS_URL: 'https://id.example/keys' },
      ['AUTH_ISSUER', 'AUTH_AUDIENCE'].map((name) => `${name} is not set; it must be what the tokens of AUTH_JWKS_URL name, or tokens made for others would be accepted`),
    ],
    [
      { AUTH_JWKS_URL: 'https://id.example/keys', AUTH_ISSUER: 'i', AUTH_AUDIENCE: 'a', AUTH_JWT_SECRET: 'a secret of more than 32 bytes, made by chance' },
      ['AUTH_JWKS_URL and AUTH_JWT_SECRET are both set; tokens are checked against one of them: unset the other'],
    ],
    [{ AUTH_OPEN_ENDPOINTS: 'uptime,users' }, ["AUTH_OPEN_ENDPOINTS is 'uptime,users'; it must be none, or a list of health, uptime with commas"]],
  ])('%j stops the start, and says what to do', (environment, problems) => {
    expect(problemsOf(environment)).toEqual(problems);
  });

  it.each([
    ['none', []],
    ['health', ['health']],
    ['uptime, health', ['uptime', 'health']],
  ])('AUTH_OPEN_ENDPOINTS=%s opens %j', (value, groups) => {
    expect(loadConfig({ AUTH_OPEN_ENDPOINTS: value }).auth.openEndpoints).toEqual(new Set(groups));
  });

  it('tells all problems at once', () => {
    expect(problemsOf({ PORT: 'x', LOG_LEVEL: 'y' })).toHaveLength(2);
  });

  describe('with a services file', () => {
    let directory: string;
    const file = (yaml: string): Record<string, string> => {
      const path = join(directory, 'services.yaml');
      writeFileSync(path, yaml);
      return { UPTIME_SERVICES_FILE: path };
    };

    beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'services-file-'))));
    afterEach(() => rmSync(directory, { recursive: true }));

    it('probes the services it names beside the documented ones, and lets it say more of those', () => {
      const { uptime } = loadConfig({ ...file('services:\n  - { name: shop, kind: http, url: https://shop.example, intervalMs: 1000, grades: { excellentMs: 50 } }\n  - { name: http, kind: http, url: http://proxy.example }\n'), UPTIME_TIMEOUT_MS: '700' });
      expect(uptime.services.map(({ name }) => name).sort()).toEqual(['database', 'http', 'shop', 'websocket']);
      expect(uptime.services.find(({ name }) => name === 'shop')).toEqual({
        name: 'shop', kind: 'http', url: 'https://shop.example', intervalMs: 1_000, timeoutMs: 700, failureThreshold: 3, successThreshold: 2, grades: { excellentMs: 50, goodMs: 300, acceptableMs: 1_000 },
      });
      expect(uptime.services.find(({ name }) => name === 'http')?.url).toBe('http://proxy.example');
    });

    it.each([
      ['services:\n  - name: Shop\n    kind: http\n    url: http://a\n', 'line 2, services.0.name: at most 64 lower-case letters'],
      ['services:\n  - name: shop\n    kind: smoke\n    url: http://a\n', 'line 3, services.0.kind: one of http, websocket, database is expected'],
      ['services:\n  - name: shop\n    kind: http\n', 'line 2, services.0.url: a URL beginning with http:// or https:// is expected'],
      ['services:\n  - name: shop\n    kind: http\n    url: http://a\n    intervalMs: 5\n', 'line 5, services.0.intervalMs: a whole number from 100'],
      ['services:\n  - name: shop\n    kind: http\n    url: http://a\n    colour: red\n', 'line 5, services.0.colour: unknown key'],
      ['services:\n  - { name: a, kind: http, url: http://a }\n  - { name: a, kind: http, url: http://b }\n', "line 3, services.1.name: 'a' is named twice"],
      ['services:\n  - { name: a, kind: http, url: http://a, grades: { excellentMs: 400 } }\n', 'services.0.grades: excellentMs < goodMs < acceptableMs is expected'],
      ['- a\n', 'line 1, the file: a mapping with the list `services` is expected'],
      ['services: [\n', 'at line'],
    ])('a mistake in %j is told with its line and path', (yaml, problem) => {
      expect(problemsOf(file(yaml)).join('\n')).toContain(problem);
    });

    it('must be readable', () => {
      expect(problemsOf({ UPTIME_SERVICES_FILE: join(directory, 'missing.yaml') })[0]).toMatch(/^UPTIME_SERVICES_FILE is '.*missing.yaml', which cannot be read: ENOENT/);
    });
  });
});
