import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Passes connections on to a port of this machine, until the way is cut. */
export class TcpProxy {
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly port: () => number,
  ) {
    server.on('connection', (socket) => this.#passOn(socket));
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

  /** The way is there again, for new connections; those from before are gone. */
  heal(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.server, 'close');
  }

  #passOn(socket: Socket): void {
    this.#keep(socket);
    if (this.#isCut) {
      socket.pause();
      return;
    }
    const onward = connect(this.port(), '127.0.0.1');
    this.#keep(onward);
    socket.pipe(onward).pipe(socket);
    socket.once('close', () => onward.destroy());
    onward.once('close', () => socket.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    // Whoever broke off is of no concern here.
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
