import { once } from 'node:events';
import { type Server } from 'node:http';
import { type AddressInfo, createServer, type Server as TcpServer, type Socket } from 'node:net';
import { sleep, until } from './eventually.js';

export interface ListenOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: any free port. */
  readonly port?: number;
}

/** Servers to probe on loopback, with or without TLS. They and their connections are closed after each test. */
export class LoopbackServers {
  readonly #servers: (Server | TcpServer)[] = [];
  readonly #sockets = new Set<Socket>();

  constructor() {
    afterEach(() => {
      for (const socket of this.#sockets) socket.destroy();
      this.stopListening();
    });
  }

  /** Open connections of all servers. */
  get connections(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  /** Stops accepting connections. */
  stopListening(): void {
    for (const server of this.#servers.splice(0)) server.close();
  }

  /** @returns `host:port`, IPv6 in brackets */
  async listen(server: Server | TcpServer, { host = '127.0.0.1', port = 0 }: ListenOptions = {}): Promise<string> {
    this.#servers.push(server);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      // A probe may reset its connection.
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.listen(port, host);
    await once(server, 'listening');
    return `${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
  }

  /** A TCP server that passes each connection to `talk`. */
  listenTcp(talk: (socket: Socket) => void, options?: ListenOptions): Promise<string> {
    return this.listen(createServer(talk), options);
  }

  /** A TCP server that responds to the first data with these bytes. @param then what it does with the connection */
  answering(bytes: string | Buffer, then: 'end' | 'keep' | 'reset' = 'end'): Promise<string> {
    return this.listenTcp((socket) =>
      socket.once('data', () => {
        if (then === 'end') socket.end(bytes);
        else socket.write(bytes, () => void (then === 'reset' && sleep(20).then(() => socket.resetAndDestroy())));
      }),
    );
  }

  /** Resolves when exactly `count` connections are open. */
  async open(count: number): Promise<void> {
    await until(() => this.#sockets.size === count, `${count} connections are open`);
  }

  /** Aborts a probe while its connection is open, and waits until it is closed. @returns the result of the probe */
  async abortConnected<Result>(start: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const stop = new AbortController();
    const probing = start(stop.signal);
    await this.open(1);
    await sleep(50);
    stop.abort();
    const result = await probing;
    await this.open(0);
    return result;
  }
}

/** A port on loopback without a listener. */
export async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
