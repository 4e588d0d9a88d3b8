import { Agent, request } from 'node:http';
import { ApiCaller } from '../support/api-caller.js';
import { sleep } from '../support/eventually.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH, tokenFor } from '../support/tokens.js';

const ROUNDS = 10;
const CLIENTS = 200;
const LOAD_MS = 1_000;

interface Outcome {
  /** Answers, by status. */
  readonly answers: Map<number, number>;
  /** Codes of all errors but refused connections, with the kind of client. */
  readonly failures: string[];
  /** Answers after the signal without `Connection: close`. */
  staying: number;
}

/** Sends one request after the other until the port is closed; every other one writes. */
class Client {
  readonly #agent: Agent | false;
  /** Last write that was acknowledged. */
  acknowledged = 0;

  constructor(
    private readonly index: number,
    private readonly token: string,
    isKeptAlive: boolean,
  ) {
    this.#agent = isKeptAlive ? new Agent({ keepAlive: true, maxSockets: 1 }) : false;
  }

  get path(): string {
    return `/api/users/load-${this.index}/streams/activity`;
  }

  async run(url: string, outcome: Outcome, isEnding: () => boolean): Promise<void> {
    for (let count = 1; ; count++) {
      const wasEnding = isEnding();
      const body = count % 2 === 0 ? undefined : JSON.stringify({ data: { details: { count } } });
      try {
        const { status, connection } = await this.#send(url, body);
        outcome.answers.set(status, (outcome.answers.get(status) ?? 0) + 1);
        if (body !== undefined && status < 300) this.acknowledged = count;
        if (wasEnding && connection !== 'close') outcome.staying++;
      } catch (error) {
        const { code = '', message } = error as NodeJS.ErrnoException;
        if (code === 'ECONNREFUSED') return;
        outcome.failures.push(`${this.#agent === false ? 'one request' : 'keep-alive'}: ${code} ${message}`);
        if (outcome.failures.length > 1_000) return;
      }
    }
  }

  #send(url: string, body: string | undefined): Promise<{ status: number; connection: string | undefined }> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
      };
      const method = body === undefined ? 'GET' : 'PUT';
      const sent = request(`${url}${this.path}`, { agent: this.#agent, method, headers }, (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, connection: response.headers.connection }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

describe('a service that ends under the load of 200 connections', () => {
  let dataDir: string;
  let tokens: readonly string[];

  beforeAll(async () => {
    dataDir = makeDataDir();
    tokens = await Promise.all(Array.from({ length: CLIENTS }, (_, index) => tokenFor({ user: `load-${index}` })));
  });
  afterAll(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  it.each(Array.from({ length: ROUNDS }, (_, round) => [round + 1, round % 2 === 0 ? '0' : '1000']))(
    'resets no connection and loses no acknowledged write, round %i after %s ms',
    async (_, delay) => {
      const environment = {
        DATA_DIR: dataDir,
        ...AUTH,
        SHUTDOWN_DELAY_MS: String(delay),
        SHUTDOWN_TIMEOUT_MS: '20000',
      };
      const service = await ready(await ServiceProcess.start(environment));
      const clients = tokens.map((token, index) => new Client(index, token, index % 2 === 0));
      const outcome: Outcome = { answers: new Map(), failures: [], staying: 0 };
      let isEnding = false;
      const load = Promise.all(clients.map((client) => client.run(service.url, outcome, () => isEnding)));
      await sleep(LOAD_MS);
      const signalled = performance.now();
      await service.kill('SIGTERM');
      // The signal arrives within a run of the event loop.
      void sleep(500).then(() => (isEnding = true));
      expect(await service.exit()).toBe(0);
      const tookMs = performance.now() - signalled;
      await load;
      expect(outcome.failures).toEqual([]);
      expect(outcome.staying).toBe(0);
      expect([...outcome.answers.keys()].filter((status) => ![200, 201, 404].includes(status))).toEqual([]);
      expect(clients.filter(({ acknowledged }) => acknowledged === 0).length).toBeLessThan(CLIENTS / 2);
      expect(tookMs).toBeLessThan(Number(delay) + 10_000);

      const again = await ready(await ServiceProcess.start(environment));
      const stored = await Promise.all(
        clients.map(async ({ path, acknowledged }, index) => {
          const caller = new ApiCaller(() => again.url, { authorization: `Bearer ${tokens[index] ?? ''}` });
          const { body } = await caller.get(path);
          const { data } = body as { data?: { details: { count: number } } };
          return acknowledged === 0 || data?.details.count === acknowledged;
        }),
      );
      expect(stored).not.toContain(false);
      expect(await again.stop()).toBe(0);
    },
    120_000,
  );
});
