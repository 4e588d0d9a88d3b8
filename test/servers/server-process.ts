import { sleep } from '../support/eventually.js';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 50;

/** The user that a server runs as. */
interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The program of a server and its arguments. */
export interface ServerProgram {
  /** File to run, and the package that installs it. */
  readonly file: string;
  readonly debianPackage: string;
  /** System user that it runs as when the tests run as root; most servers refuse to run as root. */
  readonly user: string;
  /** @param tlsPort for servers with a separate port for TLS */
  readonly argumentsFor: (directory: string, port: number, tlsPort: number) => readonly string[];
}

/** A server with a new directory and a free port, for one suite. */
export class ServerProcess {
  static readonly #all = new Set<ServerProcess>();
  #child: ChildProcess | undefined;
  #output = '';

  private constructor(
    private readonly program: ServerProgram,
    readonly directory: string,
    readonly port: number,
    readonly tlsPort: number,
    private readonly user: User | undefined,
  ) {
    ServerProcess.#all.add(this);
  }

  /** Creates the directory without starting the server. */
  static async create(program: ServerProgram): Promise<ServerProcess> {
    const user = process.getuid?.() === 0 ? systemUser(program) : undefined;
    const directory = mkdtempSync(join(tmpdir(), 'probed-server-'));
    if (user) chownSync(directory, user.uid, user.gid);
    const [port, tlsPort] = await freePorts();
    return new ServerProcess(program, directory, port, tlsPort, user);
  }

  /** For `afterAll`: removes the servers and directories of a suite that failed half-way too. */
  static async removeAll(): Promise<void> {
    for (const server of ServerProcess.#all) {
      await server.kill();
      rmSync(server.directory, { recursive: true, force: true });
    }
    ServerProcess.#all.clear();
  }

  /** Writes a file that only the server may read into its directory. @returns its path */
  write(name: string, content: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    if (this.user) chownSync(path, this.user.uid, this.user.gid);
    return path;
  }

  /** Writes a self-signed certificate for 127.0.0.1 as `tls.crt` with `tls.key`. */
  writeCertificate(): { readonly certificate: string; readonly key: string } {
    const [certificate, key] = ['tls.crt', 'tls.key'].map((name) => join(this.directory, name)) as [string, string];
    this.run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      certificate,
    ]);
    return { certificate, key };
  }

  /** Runs a program to its end as the server's user. @throws Error with its output if it fails */
  run(file: string, args: readonly string[]): void {
    try {
      execFileSync(file, args, { cwd: this.directory, stdio: 'pipe', ...this.user });
    } catch (error) {
      throw error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? notInstalled(file, this.program, error)
        : error;
    }
  }

  /** Starts the server, and waits until it accepts connections. */
  async start(): Promise<void> {
    for (const end = Date.now() + START_WITHIN_MS; ;) {
      const child = spawn(this.program.file, this.program.argumentsFor(this.directory, this.port, this.tlsPort), {
        cwd: this.directory,
        stdio: ['ignore', 'pipe', 'pipe'],
        ...this.user,
      });
      this.#child = child;
      this.#output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
      const failure = once(child, 'error').then(([error]) => error as Error);
      while (child.exitCode === null && child.signalCode === null && Date.now() < end) {
        if (await takesConnections(this.port)) return;
        await Promise.race([
          sleep(LOOK_EVERY_MS),
          failure.then((error) => Promise.reject(notInstalled(this.program.file, this.program, error))),
        ]);
      }
      // A killed server may still own its shared memory.
      if (Date.now() >= end) throw new Error(`${this.program.file} does not listen on ${this.port}:\n${this.#output}`);
    }
  }

  /** Suspends the server; the kernel still accepts connections. */
  suspend(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Sends SIGKILL, and waits for the exit. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

function notInstalled(file: string, { debianPackage }: ServerProgram, cause: Error): Error {
  return new Error(`${file} cannot be run; install the package ${debianPackage}`, { cause });
}

/** Reads /etc/passwd. */
function systemUser({ user, debianPackage }: ServerProgram): User {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${user}:`));
  if (line === undefined)
    throw new Error(`There is no user '${user}' on this system; install the package ${debianPackage}`);
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const;
  const [one, other] = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return [one ?? 0, other ?? 0];
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
