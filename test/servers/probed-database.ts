import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { systemClock as clock } from '../../src/common/clock.js';
import { type Probe } from '../../src/uptime/probing/application/index.js';
import { databaseForUrl } from '../../src/uptime/probing/probes/database/database-for-url.js';
import { DatabaseProbe } from '../../src/uptime/probing/probes/database/database.probe.js';
import { pause, ServerProcess } from './server-process.js';
import { type ProbeResult } from '../../src/uptime/domain/index.js';

/** What the tests of all databases need to know of one. */
export interface ProbedDatabase {
  /** Makes the server, and starts it. */
  readonly start: () => Promise<ServerProcess>;
  readonly user: string;
  readonly password: string;
  readonly scheme: string;
  /** What follows the host: database and options. */
  readonly path: string;
  readonly missingDatabase: { readonly path: string; readonly name: string };
  readonly query: string;
  /** Takes half a second. */
  readonly slowQuery: string;
  /** Takes a minute. */
  readonly endlessQuery: string;
  readonly wrongQuery: { readonly text: string; readonly says: RegExp };
  /** Scheme and path that ask for TLS: without looking at the certificate where that can be asked for, and with looking at it. */
  readonly tls: {
    readonly port?: (server: ServerProcess) => number;
    readonly scheme: string;
    readonly unverified?: string;
    readonly verified: string;
  };
}

const random = (length: number): string => randomBytes(length).toString('hex').slice(0, length);
const SLOW_MS = 500;
const ABORTED_ROUNDS = 10;
/** ESTABLISHED and SYN_SENT. */
const OPEN_STATES = ['01', '02'];

/** The tests that every database passes, against a server that they start, stop, suspend and kill. */
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
    const probeOf = (url: string, query?: string): Probe =>
      new DatabaseProbe(databaseForUrl(url, query, { clock, random, timeoutMs: 5_000 }), clock);
    const ask = (url: string, query?: string): Promise<ProbeResult> =>
      probeOf(url, query).probe(new AbortController().signal);
    /** A server that takes connections may not be ready to answer yet. */
    const worksAgain = (): Promise<void> => eventually(async () => (await ask(urlOf())).error === undefined);
    const connections = (): number => connectionsTo(server.port);
    /** Probes, and ends it when it has hung for a while. @returns connections that are left after that */
    const hang = async (query?: string): Promise<number> => {
      const ending = new AbortController();
      const probing = probeOf(urlOf(), query).probe(ending.signal);
      let hasAnswered = false;
      const answered = probing.finally(() => (hasAnswered = true));
      await pause(SLOW_MS);
      expect(hasAnswered).toBe(false);
      expect(connections()).toBeGreaterThan(0);
      ending.abort();
      await answered;
      await eventually(() => connections() === 0);
      return connections();
    };

    it('works', async () => {
      const answer = await ask(urlOf());
      expect(answer).toEqual({ responseTime: expect.any(Number) as number });
      expect(answer.responseTime).toBeGreaterThan(0);
    });

    it('asks the query that is given', async () => {
      expect(await ask(urlOf(), database.query)).not.toHaveProperty('error');
    });

    it('leaves no connection open', async () => {
      await ask(urlOf());
      await eventually(() => connections() === 0);
      expect(connections()).toBe(0);
    });

    it('measures how long a slow answer takes', async () => {
      const { error, responseTime } = await ask(urlOf(), database.slowQuery);
      expect(error).toBeUndefined();
      expect(responseTime).toBeGreaterThanOrEqual(SLOW_MS * 0.9);
    });

    it('tells a password that is refused', async () => {
      expect(await ask(urlOf({ password: 'not-the-one' }))).toMatchObject({
        error: `password rejected for user '${database.user}'`,
      });
    });

    it('tells a database that does not exist', async () => {
      const { path, name: missing } = database.missingDatabase;
      expect(await ask(urlOf({ path }))).toMatchObject({ error: `database '${missing}' does not exist` });
    });

    it('tells what the database does not like about a query', async () => {
      const { error = '' } = await ask(urlOf(), database.wrongQuery.text);
      expect(error).toMatch(database.wrongQuery.says);
      expect(error).toMatch(/^the query failed: /);
      expect(error).not.toContain(database.password);
    });

    it('speaks TLS where the URL asks for it, and looks at the certificate', async () => {
      const { port: portOf = ({ port }) => port, scheme, unverified, verified } = database.tls;
      if (unverified !== undefined)
        expect(await ask(urlOf({ scheme, path: unverified, port: portOf(server) }))).not.toHaveProperty('error');
      const { error } = await ask(urlOf({ scheme, path: verified, port: portOf(server) }));
      expect(error).toMatch(/certificate/);
    });

    it('is ended, its connection too, where the server hangs; and works when the server goes on', async () => {
      server.suspend();
      try {
        expect(await hang()).toBe(0);
      } finally {
        server.resume();
      }
      expect(await ask(urlOf())).not.toHaveProperty('error');
    });

    it('is ended, its connection too, within a query that does not end', async () => {
      expect(await hang(database.endlessQuery)).toBe(0);
    });

    it('may be ended at any moment: nothing is left open, and nothing else happens', async () => {
      const endAfter = async (milliseconds: number): Promise<void> => {
        const ending = new AbortController();
        const probing = probeOf(urlOf()).probe(ending.signal);
        await pause(milliseconds);
        ending.abort();
        await probing;
      };
      for (let round = 0; round < ABORTED_ROUNDS; round++) await Promise.all([0, 1, 2, 3, 5, 8, 13].map(endAfter));
      await eventually(() => connections() === 0);
      expect(connections()).toBe(0);
      expect(await ask(urlOf())).not.toHaveProperty('error');
    });

    it('tells when it is cut off half-way, then that nobody listens, and works again when the server is back', async () => {
      await server.kill();
      await server.start();
      await worksAgain();
      const asking = ask(urlOf(), database.endlessQuery);
      await pause(SLOW_MS);
      await server.kill();
      expect(await asking).toMatchObject({
        error: expect.stringMatching(new RegExp(`^connection closed by ${endpoint()} before a response$`)) as string,
      });
      expect(await ask(urlOf())).toMatchObject({ error: `connection refused by ${endpoint()}` });
      await server.start();
      await worksAgain();
      expect(await ask(urlOf())).not.toHaveProperty('error');
    }, 90_000);
  });
}

/** Connections to a port of this machine that are open or being opened, as Linux lists them. */
function connectionsTo(port: number): number {
  const [, ...lines] = readFileSync('/proc/net/tcp', 'utf8').trimEnd().split('\n');
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return lines.filter((line) => {
    const [, , remote = '', state = ''] = line.trim().split(/\s+/);
    return remote.endsWith(`:${hex}`) && OPEN_STATES.includes(state);
  }).length;
}

/** Waits until it is so, or for ten seconds; whoever asks then looks again. */
async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await pause(20)) {
    if (await isSo()) return;
  }
}
