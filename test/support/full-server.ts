import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const SERVER = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port); })`;
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

  static async start(): Promise<FullServer> {
    const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const port = Number(line.toString());
    server.kill('SIGSTOP');
    const waiting = Array.from({ length: WAITING }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    await Promise.all(waiting.slice(0, 2).map((socket) => once(socket, 'connect')));
    return new FullServer(server, waiting, `127.0.0.1:${port}`);
  }

  kill(): void {
    for (const socket of this.waiting) socket.destroy();
    this.server.kill('SIGKILL');
  }
}
