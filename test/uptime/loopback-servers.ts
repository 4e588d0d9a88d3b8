import { once } from 'node:events';
import { type Server } from 'node:http';
import { type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';

/** Servers to probe, on loopback. After each test of the suite they and their connections are gone. */
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

  /** Lets it listen on any port. @returns `127.0.0.1:port` */
  async listen(server: Server | TcpServer): Promise<string> {
    this.#servers.push(server);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}
