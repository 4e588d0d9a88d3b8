import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const SERVER = `require('node:net').createServer().listen({ port: process.argv[2], host: process.argv[1], backlog: 1 }, function () { console.log(this.address().port); })`;
/** More connections than the kernel queues for a suspended server: one above its backlog. */
const WAITING = 8;

/** A suspended server with a full backlog: the kernel accepts no further connection. */
export class FullServer {
  private constructor(
    private readonly server: ChildProcess,
    private readonly waiting: readonly Socket[],
    /** `host:port` */
    readonly endpoint: string,
  ) {}

  static async start(host = '127.0.0.1', port = 0): Promise<FullServer> {
    const server = spawn(process.execPath, ['-e', SERVER, host, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const bound = Number(line.toString());
    server.kill('SIGSTOP');
    const waiting = Array.from({ length: WAITING }, () => connect(bound, host).on('error', () => undefined));
    await Promise.all(waiting.slice(0, 2).map((socket) => once(socket, 'connect')));
    return new FullServer(server, waiting, `${host}:${bound}`);
  }

  get port(): number {
    return Number(this.endpoint.split(':')[1]);
  }

  /** Accepts connections again: also those whose first SYN was lost, when the kernel repeats it. */
  resume(): void {
    this.server.kill('SIGCONT');
  }

  kill(): void {
    for (const socket of this.waiting) socket.destroy();
    this.server.kill('SIGKILL');
  }
}
