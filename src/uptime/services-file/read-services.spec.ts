import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, loadConfig } from '../../config/index.js';
import { httpTarget } from '../domain/index.js';
import { loadServices, servicesProblems } from './read-services.js';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(environment, [servicesProblems]);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('services to probe', () => {
  it('are the three documented ones by default', () => {
    expect(
      loadServices({}).services.map(
        ({ name, target: { kind }, intervalMs, timeoutMs, failureThreshold, successThreshold }) => ({
          name,
          kind,
          intervalMs,
          timeoutMs,
          failureThreshold,
          successThreshold,
        }),
      ),
    ).toEqual(
      ['http', 'websocket', 'database'].map((name) => ({
        name,
        kind: name,
        intervalMs: 10_000,
        timeoutMs: 5_000,
        failureThreshold: 3,
        successThreshold: 2,
      })),
    );
  });

  it('accepts the URL of every supported database', () => {
    for (const url of [
      'kurrentdb://a:2113,b:2113?tls=false',
      'esdb+discover://h',
      'postgres://u:p@h/db',
      'postgresql://h',
      'mysql://h:3306/db',
      'redis://h',
      'rediss://:p@h:6380/1',
      'mongodb://a:27017,b:27017/?replicaSet=r',
      'mongodb+srv://h',
    ]) {
      expect(
        loadServices({ UPTIME_DATABASE_URL: url }).services.find(({ name }) => name === 'database')?.target,
      ).toEqual({ kind: 'database', url });
    }
    expect(problemsOf({ UPTIME_DATABASE_URL: 'oracle://u:secret@h' })[0]).toMatch(
      /^UPTIME_DATABASE_URL must be a URL beginning with kurrentdb:.*, got a value that is not shown$/,
    );
  });

  it.each<[Record<string, string>, string]>([
    [
      { UPTIME_RETRIES: '1' },
      '2 attempts of up to 5s with delays of 1s do not fit into the interval of 10s; the timeout may be at most 4s500ms',
    ],
    [
      { UPTIME_RETRIES: '2', UPTIME_INTERVAL_MS: '1000' },
      '3 attempts of up to 5s with delays of 1s do not fit into the interval of 1s; use fewer retries or a longer interval',
    ],
    [{ UPTIME_JITTER_MS: '10000' }, 'must be shorter than the interval of 10s, got 10s'],
  ])('rejects %j: the probes do not fit into their interval', (environment, problem) => {
    const [found = '', ...others] = problemsOf(environment);
    expect(found).toMatch(/^UPTIME_(RETRIES|JITTER_MS), UPTIME_TIMEOUT_MS and UPTIME_INTERVAL_MS conflict: /);
    expect(found).toContain(problem);
    expect(others).toEqual([]);
  });

  it('accepts a timeout longer than the interval for probes without retries', () => {
    expect(loadServices({ UPTIME_INTERVAL_MS: '200', UPTIME_TIMEOUT_MS: '500' }).services).toHaveLength(3);
  });

  it('have jitter and retries of the variables', () => {
    const environment = { UPTIME_JITTER_MS: '300', UPTIME_RETRIES: '1', UPTIME_TIMEOUT_MS: '2000' };
    for (const service of loadServices(environment).services)
      expect(service).toMatchObject({ jitterMs: 300, retries: 1, retryDelayMs: 1_000, timeoutMs: 2_000 });
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

    it('adds its services to the documented ones, and overrides their settings', () => {
      const environment: Record<string, string> = {
        ...file(
          'services:\n  - { name: shop, kind: http, url: https://shop.example, intervalMs: 1000, grades: { excellentMs: 50 } }\n  - { name: http, kind: http, url: http://proxy.example }\n  - { name: database, kind: database, tags: [store] }\n',
        ),
        UPTIME_TIMEOUT_MS: '700',
      };
      const { services } = loadServices({ ...environment, UPTIME_DATABASE_URL: 'redis://cache' });
      const named = (expectedName: string): unknown => services.find(({ name }) => name === expectedName);
      expect(services.map(({ name }) => name)).toEqual(['http', 'websocket', 'database', 'shop']);
      expect(named('shop')).toEqual({
        name: 'shop',
        target: httpTarget('https://shop.example'),
        intervalMs: 1_000,
        timeoutMs: 700,
        failureThreshold: 3,
        successThreshold: 2,
        grades: { excellentMs: 50, goodMs: 300, acceptableMs: 1_000 },
        tags: [],
        jitterMs: 0,
        retries: 0,
        retryDelayMs: 1_000,
      });
      expect(named('http')).toMatchObject({ target: { url: 'http://proxy.example' } });
      expect(named('database')).toMatchObject({ target: { kind: 'database', url: 'redis://cache' }, tags: ['store'] });
    });

    it('switches off the documented services that it does not name', () => {
      const names = (yaml: string): string[] => loadServices(file(yaml)).services.map(({ name }) => name);
      const services = 'services:\n  - { name: shop, kind: http, url: http://a }\n';
      const database = '  - { name: database, kind: database }\n';
      expect(names(`builtInServices: false\n${services}`)).toEqual(['shop']);
      expect(names(`builtInServices: false\n${services}${database}`)).toEqual(['database', 'shop']);
      expect(names(`builtInServices: true\n${services}`)).toEqual(['http', 'websocket', 'database', 'shop']);
      expect(names('builtInServices: false\nservices: []\n')).toEqual([]);
    });

    it('reports its errors with file, line and path, together with the other problems', () => {
      const environment = file('services:\n  - name: shop\n    kind: smoke\n    url: http://a\n');
      expect(problemsOf({ ...environment, KURRENTDB_CONNECTION_STRING: 'kurrentdb://h:2113' })).toEqual([
        `${environment.UPTIME_SERVICES_FILE}: line 3, services.0.kind: must be one of http, websocket, database, tcp, push`,
        expect.stringContaining('AUTH_JWKS_URL or AUTH_JWT_SECRET must be set'),
      ]);
    });

    it('rejects an unreadable file', () => {
      expect(problemsOf({ UPTIME_SERVICES_FILE: join(directory, 'missing.yaml') })[0]).toMatch(
        /^UPTIME_SERVICES_FILE is '.*missing.yaml', which cannot be read: ENOENT/,
      );
    });
  });
});
