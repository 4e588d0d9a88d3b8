import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Test } from 'supertest';
import { untilPrinted } from './process-output.js';

const MAIN = resolve(__dirname, '../../dist/main.js');

/** A directory for one test's data; remove it with {@link removeDataDir}. */
export function makeDataDir(): string {
  return mkdtempSync(join(tmpdir(), 'penguin-pool-streams-'));
}

export function removeDataDir(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

/** The built service, running as a process of its own, as it does in production. */
export class ServiceProcess {
  static readonly #running = new Set<ServiceProcess>();

  /** For `afterEach`: no process outlives a test that failed half-way. */
  static async killAll(): Promise<void> {
    await Promise.all([...ServiceProcess.#running].map((service) => service.kill('SIGKILL')));
  }

  private constructor(
    private readonly child: ChildProcess,
    /** Where it listens, such as `http://localhost:34567`. */
    readonly url: string,
    /** Every line it has written so far. */
    readonly output: readonly string[],
  ) {}

  /**
   * Starts `dist/main.js` on a free port and waits until it listens.
   *
   * @param environment beside PATH, all that the process is given; without a limit of its own, requests are hardly limited, as tests ask
   *   very often and all from one address
   * @throws Error with its output when it ends instead
   */
  static async start(environment: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const child = spawn(process.execPath, [MAIN], {
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        HOST: '127.0.0.1',
        SHUTDOWN_DELAY_MS: '0',
        RATE_LIMIT: '1000000',
        RATE_LIMIT_PER_USER: '1000000',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    const url = await untilPrinted('The service', child, /Listening on (http:\/\/[^\s"]+)/, output);
    const service = new ServiceProcess(child, url, output);
    ServiceProcess.#running.add(service);
    child.once('exit', () => ServiceProcess.#running.delete(service));
    return service;
  }

  get hasExited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get(path: string): Promise<Answer> {
    return this.request('GET', path);
  }

  /** One request, redirects not followed. `body` is sent as it is; what comes back as JSON is parsed. */
  async request(
    method: string,
    path: string,
    { headers = {}, body }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
  ): Promise<Answer> {
    const test = new Test(this.url, method, path).redirects(0).set(headers);
    const response = await (body === undefined ? test : test.send(body));
    const isJson = /json/.test(response.headers['content-type'] ?? '');
    return {
      status: response.status,
      body: isJson ? (response.body as unknown) : response.text,
      headers: new Headers(response.headers),
    };
  }

  /** Sends a signal; for SIGKILL, the process is gone when this resolves. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const exited = this.exit();
    this.child.kill(signal);
    if (signal === 'SIGKILL') await exited;
  }

  /** Resolves with the exit code once the process has ended; null where a signal ended it. */
  async exit(): Promise<number | null> {
    if (!this.hasExited) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  /** SIGTERM, and the exit code. */
  async stop(): Promise<number | null> {
    if (!this.hasExited) await this.kill('SIGTERM');
    return this.exit();
  }
}
