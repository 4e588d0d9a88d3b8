import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** TCP proxy to a local port, with a simulated network failure. */
export class TcpProxy {
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly port: () => number,
  ) {
    server.on('connection', (socket) => this.#forward(socket));
  }

  /** @param port target port, evaluated for each connection */
  static async start(port: () => number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, port);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get listeningOn(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Drops all bytes in both directions without closing, like an unplugged cable. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Forwards new connections again; earlier ones are destroyed. */
  heal(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.server, 'close');
  }

  #forward(socket: Socket): void {
    this.#keep(socket);
    if (this.#isCut) {
      socket.pause();
      return;
    }
    const upstream = connect(this.port(), '127.0.0.1');
    this.#keep(upstream);
    socket.pipe(upstream).pipe(socket);
    socket.once('close', () => upstream.destroy());
    upstream.once('close', () => socket.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    // Either side may reset the connection.
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
