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
  it('has a default for every variable that needs one', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      http: { port: 3001 },
      logLevel: 'info',
      kurrentdb: { connectionString: undefined },
    });
    expect(config.uptime).toMatchObject({
      targetUrls: { http: undefined, websocket: undefined, database: undefined },
      defaults: { intervalMs: 10_000, timeoutMs: 5_000, failureThreshold: 3, successThreshold: 2 },
    });
    expect(config.dataDir.startsWith('/')).toBe(true);
  });

  it('configures probing and recording within bounds', () => {
    expect(loadConfig({}).uptime).toMatchObject({
      servicesFile: undefined,
      leaseMs: 15_000,
      concurrency: 100,
      spoolBytes: 67_108_864,
      sampleWindowMs: undefined,
      samplesMaxAgeDays: 0,
    });
    const environment = {
      UPTIME_SERVICES_FILE: 'uptime.services.yaml',
      UPTIME_LEASE_MS: '2000',
      UPTIME_CONCURRENCY: '7',
      UPTIME_SPOOL_BYTES: '5000',
      UPTIME_SAMPLE_WINDOW_MS: '1000',
      UPTIME_SAMPLES_MAX_AGE_DAYS: '90',
      UPTIME_JITTER_MS: '300',
      UPTIME_RETRIES: '1',
      UPTIME_TIMEOUT_MS: '2000',
    };
    const { uptime } = loadConfig(environment);
    expect(uptime).toMatchObject({
      servicesFile: 'uptime.services.yaml',
      leaseMs: 2_000,
      concurrency: 7,
      spoolBytes: 5_000,
      sampleWindowMs: 1_000,
      samplesMaxAgeDays: 90,
    });
    expect(uptime.defaults).toMatchObject({ jitterMs: 300, retries: 1, timeoutMs: 2_000 });
    expect(
      problemsOf({ UPTIME_LEASE_MS: '999', UPTIME_CONCURRENCY: '0', UPTIME_SPOOL_BYTES: '1', UPTIME_RETRIES: '11' }),
    ).toHaveLength(4);
  });

  it('treats an empty variable as not set', () => {
    expect(loadConfig({ PORT: '', UPTIME_HTTP_URL: '' })).toMatchObject({ http: { port: 3001 } });
  });

  it.each([
    ['PORT', '99999', "PORT must be an integer from 0 to 65535, got '99999'"],
    ['PORT', '3001.5', "PORT must be an integer from 0 to 65535, got '3001.5'"],
    ['PORT', '1e3', "PORT must be an integer from 0 to 65535, got '1e3'"],
    ['LOG_LEVEL', 'loud', "LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, got 'loud'"],
    ['UPTIME_INTERVAL_MS', '-1', "UPTIME_INTERVAL_MS must be an integer from 100 to 86400000, got '-1'"],
    [
      'UPTIME_HTTP_URL',
      'ftp://u:secret@h',
      'UPTIME_HTTP_URL must be a URL beginning with http:// or https://, got a value that is not shown',
    ],
    [
      'UPTIME_HTTP_URL',
      'http://u:50%@h',
      'UPTIME_HTTP_URL must be a URL of which user and password are percent-encoded: write a % in them as %25, got a value that is not shown',
    ],
    [
      'KURRENTDB_CONNECTION_STRING',
      'postgres://u:secret@h',
      'KURRENTDB_CONNECTION_STRING must be a KurrentDB connection string such as kurrentdb://user:password@host:2113 or kurrentdb+discover://host:2113, got a value that is not shown',
    ],
  ])('%s=%s is rejected with its name, what is allowed and what was given', (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toEqual([problem]);
  });

  it('trusts a generated secret on the embedded KurrentDB, and opens uptime and health by default', () => {
    expect(loadConfig({}).auth).toEqual({
      trust: { kind: 'development' },
      userClaim: 'sub',
      rolesClaim: 'roles',
      openEndpoints: new Set(['health', 'uptime']),
    });
  });

  it('trusts the configured keys', () => {
    const secret = 'a secret of more than 32 bytes, chosen at random';
    expect(
      loadConfig({ AUTH_JWT_SECRET: secret, AUTH_AUDIENCE: 'shop', KURRENTDB_CONNECTION_STRING: 'kurrentdb://h:2113' })
        .auth.trust,
    ).toEqual({ kind: 'secret', secret, issuer: undefined, audience: 'shop' });
    expect(
      loadConfig({ AUTH_JWKS_URL: 'https://id.example/keys', AUTH_ISSUER: 'https://id.example', AUTH_AUDIENCE: 'shop' })
        .auth.trust,
    ).toEqual({ kind: 'jwks', url: 'https://id.example/keys', issuer: 'https://id.example', audience: 'shop' });
    expect(loadConfig({ AUTH_USER_CLAIM: 'email', AUTH_ROLES_CLAIM: 'realm_access.roles' }).auth).toMatchObject({
      userClaim: 'email',
      rolesClaim: 'realm_access.roles',
    });
  });

  it.each<[Record<string, string>, readonly string[]]>([
    [
      { KURRENTDB_CONNECTION_STRING: 'kurrentdb://h:2113' },
      [
        'AUTH_JWKS_URL or AUTH_JWT_SECRET must be set together with KURRENTDB_CONNECTION_STRING: the generated development secret is for the embedded KurrentDB only',
      ],
    ],
    [
      { AUTH_JWT_SECRET: 'short' },
      ['AUTH_JWT_SECRET must be a random string of at least 32 bytes, got a value that is not shown'],
    ],
    [
      { AUTH_JWKS_URL: 'ftp://id.example' },
      ['AUTH_JWKS_URL must be a URL beginning with http:// or https://, got a value that is not shown'],
    ],
    [
      { AUTH_JWKS_URL: 'https://id.example/keys' },
      ['AUTH_ISSUER', 'AUTH_AUDIENCE'].map(
        (name) =>
          `${name} must be set together with AUTH_JWKS_URL: without it, tokens issued for other services would be accepted`,
      ),
    ],
    [
      {
        AUTH_JWKS_URL: 'https://id.example/keys',
        AUTH_ISSUER: 'i',
        AUTH_AUDIENCE: 'a',
        AUTH_JWT_SECRET: 'a secret of more than 32 bytes, chosen at random',
      },
      ['AUTH_JWKS_URL and AUTH_JWT_SECRET are both set, but tokens are verified with one of them: unset the other'],
    ],
    [
      { AUTH_OPEN_ENDPOINTS: 'uptime,users' },
      ["AUTH_OPEN_ENDPOINTS must be none, or one or more of health, uptime, separated by commas, got 'uptime,users'"],
    ],
  ])('%j is rejected with what to do', (environment, problems) => {
    expect(problemsOf(environment)).toEqual(problems);
  });

  it.each([
    ['none', []],
    ['health', ['health']],
    ['uptime, health', ['uptime', 'health']],
  ])('AUTH_OPEN_ENDPOINTS=%s opens %j', (value, groups) => {
    expect(loadConfig({ AUTH_OPEN_ENDPOINTS: value }).auth.openEndpoints).toEqual(new Set(groups));
  });

  it.each([
    ['', undefined],
    ['*', '*'],
    ['https://app.example.org', ['https://app.example.org']],
    ['http://localhost:5173, https://[2001:db8::1]:8443', ['http://localhost:5173', 'https://[2001:db8::1]:8443']],
  ])('CORS_ORIGINS=%s lets scripts of %j use the API', (value, corsOrigins) => {
    expect(loadConfig({ CORS_ORIGINS: value }).http.corsOrigins).toEqual(corsOrigins);
  });

  it.each([
    '*,https://app.example.org',
    'https://*.example.org',
    'https://app.example.org/',
    'https://app.example.org:443',
    'https://App.example.org',
    'app.example.org',
    'https://app.example.org,',
    'null',
  ])('CORS_ORIGINS=%s is rejected with what an origin is', (value) => {
    expect(problemsOf({ CORS_ORIGINS: value })).toEqual([
      `CORS_ORIGINS must be * alone, or origins separated by commas, each scheme://host or scheme://host:port as browsers send it: http or https, in lower case, without path and without the default port, got '${value}'`,
    ]);
  });

  it('reports all problems at once', () => {
    expect(problemsOf({ PORT: 'x', LOG_LEVEL: 'y' })).toHaveLength(2);
  });
});
