import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { untilPrinted } from './process-output.js';

const CLI = resolve(__dirname, '../../dist/embedded-kurrentdb/cli.js');

/** External server for the contract tests, instead of the embedded one. */
export const EXTERNAL_CONNECTION_STRING = process.env.KURRENTDB_TEST_CONNECTION_STRING;

/** `it` for tests that stop and start the server; skipped for an external one. */
export const itWithOwnServer = EXTERNAL_CONNECTION_STRING === undefined ? it : it.skip;

/** The embedded KurrentDB in a process of its own. */
export class KurrentDBServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly connectionString: string,
    /** All lines of stdout and stderr so far. */
    readonly output: readonly string[],
  ) {}

  /** Starts it with these command-line arguments and waits for its connection string. */
  static start(...args: readonly string[]): Promise<KurrentDBServer> {
    return KurrentDBServer.startWith({}, ...args);
  }

  /** Starts it with further variables of the environment. */
  static async startWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<KurrentDBServer> {
    const child = spawn(process.execPath, [CLI, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...env },
    });
    const output: string[] = [];
    const connectionString = await untilPrinted('KurrentDB', child, /kurrentdb:\/\/\S+/, output);
    return new KurrentDBServer(child, connectionString, output);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Signal that ended the process. */
  get endedBy(): NodeJS.Signals | undefined {
    return this.child.signalCode ?? undefined;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Memory of the process, in bytes. */
  get residentBytes(): number {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  }

  get port(): number {
    return Number(/:(\d+)(?:[/?]|$)/.exec(this.connectionString)?.[1]);
  }

  async kill(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }

  /** Stops responding without closing anything, like a frozen machine; `SIGCONT` resumes. */
  send(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }
}
