import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Test } from 'supertest';
import { eventually } from './eventually.js';
import { untilPrinted } from './process-output.js';

const MAIN = resolve(__dirname, '../../dist/main.js');

/** A directory for one test's data, with room for its keys beside it; remove it with {@link removeDataDir}. */
export function makeDataDir(): string {
  const directory = join(mkdtempSync(join(tmpdir(), 'penguin-pool-streams-')), 'test');
  mkdirSync(directory);
  return directory;
}

export function removeDataDir(directory: string): void {
  rmSync(dirname(directory), { recursive: true, force: true });
}

/** The default `KEYS_DIR` of a `DATA_DIR`. */
export function keysDirOf(dataDir: string): string {
  return join(dirname(dataDir), 'keys');
}

export interface HttpResponse {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

/** The built service in a process of its own, as in production. */
export class ServiceProcess {
  static readonly #running = new Set<ServiceProcess>();

  /** For `afterEach`: ends the processes of a test that failed half-way too. */
  static async killAll(): Promise<void> {
    await Promise.all([...ServiceProcess.#running].map((service) => service.kill('SIGKILL')));
  }

  private constructor(
    private readonly child: ChildProcess,
    /** Base URL, such as `http://localhost:34567`. */
    readonly url: string,
    /** All lines of stdout and stderr so far. */
    readonly output: readonly string[],
  ) {}

  /**
   * Starts `dist/main.js` on a free port and waits until it listens.
   *
   * @param environment all variables of the process except PATH; the rate limits default to a million, as tests
   *   send many requests from one address, everyone gets the full text of errors, and ready is a service of which
   *   everything works
   * @throws Error with its output if it exits instead
   */
  static async start(environment: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const child = spawn(process.execPath, [MAIN], {
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        HOST: '127.0.0.1',
        SHUTDOWN_DELAY_MS: '0',
        UPTIME_ERROR_DETAIL: 'public',
        READYZ_REQUIRES: 'store',
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

  get pid(): number {
    return this.child.pid ?? NaN;
  }

  get hasExited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get(path: string): Promise<HttpResponse> {
    return this.request('GET', path);
  }

  /** Sends a request without following redirects. `body` is sent unchanged; a JSON response is parsed. */
  async request(
    method: string,
    path: string,
    { headers = {}, body }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
  ): Promise<HttpResponse> {
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

  /** Resolves with the exit code once the process has exited; null if a signal terminated it. */
  async exit(): Promise<number | null> {
    if (!this.hasExited) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  /** Sends SIGTERM. @returns the exit code */
  async stop(): Promise<number | null> {
    if (!this.hasExited) await this.kill('SIGTERM');
    return this.exit();
  }
}

/** Waits until a service is ready. */
export async function ready(service: ServiceProcess): Promise<ServiceProcess> {
  await eventually(
    () => service.get('/readyz'),
    ({ status }) => status === 200,
  );
  return service;
}
