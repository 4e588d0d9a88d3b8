import { readFileSync } from 'node:fs';
import { createDatabaseProbe, probeDatabase } from '../support/database-probe.js';
import { sleep, until } from '../support/eventually.js';
import { ServerProcess } from './server-process.js';

/** A database under test. */
export interface ProbedDatabase {
  /** Creates and starts the server. */
  readonly start: () => Promise<ServerProcess>;
  readonly user: string;
  readonly password: string;
  readonly scheme: string;
  /** Database and options, after the host. */
  readonly path: string;
  readonly missingDatabase: { readonly path: string; readonly name: string };
  readonly query: string;
  /** A query of half a second. */
  readonly slowQuery: string;
  /** A query of a minute. */
  readonly endlessQuery: string;
  readonly wrongQuery: { readonly text: string; readonly message: RegExp };
  /** Scheme and path for TLS, without (if supported) and with verification of the certificate. */
  readonly tls: {
    readonly port?: (server: ServerProcess) => number;
    readonly scheme: string;
    readonly unverified?: string;
    readonly verified: string;
  };
}

const SLOW_MS = 500;
const ABORTED_ROUNDS = 10;
/** ESTABLISHED and SYN_SENT. */
const OPEN_STATES = ['01', '02'];

/** Tests for every kind of database, against a server that they start, stop, suspend and kill. */
export function describeDatabaseProbe(name: string, database: ProbedDatabase): void {
  describe(`the probe of ${name}`, () => {
    let server: ServerProcess;
    beforeAll(async () => {
      server = await database.start();
      await worksAgain();
    }, 60_000);
    afterAll(() => ServerProcess.removeAll());

    const endpoint = (): string => `127.0.0.1:${server.port}`;
    const urlOf = ({
      scheme = database.scheme,
      password = database.password,
      path = database.path,
      port = server.port,
    } = {}): string => `${scheme}://${database.user}:${encodeURIComponent(password)}@127.0.0.1:${port}${path}`;
    /** A server that accepts connections may not be ready to respond yet. */
    const worksAgain = (): Promise<void> =>
      until(async () => (await probeDatabase(urlOf())).error === undefined, 'the database responds');
    const connections = (): number => connectionsTo(server.port);
    /** Aborts a probe that hangs, and waits until its connection is closed. */
    const abortHanging = async (query?: string): Promise<void> => {
      const ending = new AbortController();
      const probing = createDatabaseProbe(urlOf(), query).probe(ending.signal);
      let hasEnded = false;
      const ended = probing.finally(() => (hasEnded = true));
      await sleep(SLOW_MS);
      expect(hasEnded).toBe(false);
      expect(connections()).toBeGreaterThan(0);
      ending.abort();
      await ended;
      await until(() => connections() === 0, 'no connection is open');
    };

    it('works', async () => {
      const result = await probeDatabase(urlOf());
      expect(result).toEqual({ responseTime: expect.any(Number) as number });
      expect(result.responseTime).toBeGreaterThan(0);
    });

    it('runs the configured query', async () => {
      expect(await probeDatabase(urlOf(), database.query)).not.toHaveProperty('error');
    });

    it('leaves no connection open', async () => {
      await probeDatabase(urlOf());
      await until(() => connections() === 0, 'no connection is open');
    });

    it('measures a slow response', async () => {
      const { error, responseTime } = await probeDatabase(urlOf(), database.slowQuery);
      expect(error).toBeUndefined();
      expect(responseTime).toBeGreaterThanOrEqual(SLOW_MS * 0.9);
    });

    it('reports a rejected password', async () => {
      expect(await probeDatabase(urlOf({ password: 'not-the-one' }))).toMatchObject({
        error: `password rejected for user '${database.user}'`,
      });
    });

    it('reports a database that does not exist', async () => {
      const { path, name: missing } = database.missingDatabase;
      expect(await probeDatabase(urlOf({ path }))).toMatchObject({ error: `database '${missing}' does not exist` });
    });

    it('reports the error of a failed query', async () => {
      const { error = '' } = await probeDatabase(urlOf(), database.wrongQuery.text);
      expect(error).toMatch(database.wrongQuery.message);
      expect(error).toMatch(/^the query failed: /);
      expect(error).not.toContain(database.password);
    });

    it('uses TLS as the URL requires, and verifies the certificate', async () => {
      const { port: portOf = ({ port }) => port, scheme, unverified, verified } = database.tls;
      if (unverified !== undefined)
        expect(await probeDatabase(urlOf({ scheme, path: unverified, port: portOf(server) }))).not.toHaveProperty(
          'error',
        );
      const { error } = await probeDatabase(urlOf({ scheme, path: verified, port: portOf(server) }));
      expect(error).toMatch(/certificate/);
    });

    it('aborts and closes its connection if the server hangs, and succeeds when it resumes', async () => {
      server.suspend();
      try {
        await abortHanging();
      } finally {
        server.resume();
      }
      expect(await probeDatabase(urlOf())).not.toHaveProperty('error');
    });

    it('aborts and closes its connection during an endless query', async () => {
      await abortHanging(database.endlessQuery);
    });

    it('can be aborted at any time without leaving a connection open', async () => {
      const endAfter = async (milliseconds: number): Promise<void> => {
        const ending = new AbortController();
        const probing = createDatabaseProbe(urlOf()).probe(ending.signal);
        await sleep(milliseconds);
        ending.abort();
        await probing;
      };
      for (let round = 0; round < ABORTED_ROUNDS; round++) await Promise.all([0, 1, 2, 3, 5, 8, 13].map(endAfter));
      await until(() => connections() === 0, 'no connection is open');
      expect(await probeDatabase(urlOf())).not.toHaveProperty('error');
    });

    it('reports a closed connection, then a refused one, and succeeds when the server is back', async () => {
      await server.kill();
      await server.start();
      await worksAgain();
      const probing = probeDatabase(urlOf(), database.endlessQuery);
      await sleep(SLOW_MS);
      await server.kill();
      expect(await probing).toMatchObject({
        error: expect.stringMatching(new RegExp(`^connection closed by ${endpoint()} before a response$`)) as string,
      });
      expect(await probeDatabase(urlOf())).toMatchObject({ error: `connection refused by ${endpoint()}` });
      await server.start();
      await worksAgain();
      expect(await probeDatabase(urlOf())).not.toHaveProperty('error');
    }, 90_000);
  });
}

/** Open and opening connections to a local port, from /proc. */
function connectionsTo(port: number): number {
  const [, ...lines] = readFileSync('/proc/net/tcp', 'utf8').trimEnd().split('\n');
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return lines.filter((line) => {
    const [, , remote = '', state = ''] = line.trim().split(/\s+/);
    return remote.endsWith(`:${hex}`) && OPEN_STATES.includes(state);
  }).length;
}
