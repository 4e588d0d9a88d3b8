import { once } from 'node:events';
import { type Server } from 'node:http';
import { type AddressInfo, createServer, type Server as TcpServer, type Socket } from 'node:net';

export interface ListenOptions {
  /** An address of this machine; 127.0.0.1 where absent. */
  readonly host?: string;
  /** Any port that is free where absent. */
  readonly port?: number;
}

/** Servers to probe, on loopback, with TLS or without. After each test of the suite they and their connections are gone. */
export class LoopbackServers {
  readonly #servers: (Server | TcpServer)[] = [];
  readonly #sockets = new Set<Socket>();

  constructor() {
    afterEach(() => {
      for (const socket of this.#sockets) socket.destroy();
      this.stopListening();
    });
  }

  /** The connections that are open, of all servers. */
  get connections(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  /** Takes no new connections. */
  stopListening(): void {
    for (const server of this.#servers.splice(0)) server.close();
  }

  /** Lets it listen. @returns `host:port`, IPv6 in brackets */
  async listen(server: Server | TcpServer, { host = '127.0.0.1', port = 0 }: ListenOptions = {}): Promise<string> {
    this.#servers.push(server);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      // What a probe does to its connection is no concern of the server's.
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.listen(port, host);
    await once(server, 'listening');
    return `${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
  }

  /** Listens, and talks to each connection as `talk` does. */
  listenTcp(talk: (socket: Socket) => void, options?: ListenOptions): Promise<string> {
    return this.listen(createServer(talk), options);
  }

  /** Listens, and sends these bytes to whoever has sent something first. @param then what becomes of the connection */
  answering(bytes: string | Buffer, then: 'end' | 'keep' | 'reset' = 'end'): Promise<string> {
    return this.listenTcp((socket) =>
      socket.once('data', () => {
        if (then === 'end') socket.end(bytes);
        else socket.write(bytes, () => void (then === 'reset' && setTimeout(() => socket.resetAndDestroy(), 20)));
      }),
    );
  }

  /** Resolves when so many connections are open. */
  async open(count: number): Promise<void> {
    while (this.#sockets.size !== count) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A port on loopback where nobody listens. */
export async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
