import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

const openers = new AsyncLocalStorage<OpenedSockets>();

// Node tells of each socket that `net.connect` makes.
subscribe('net.client.socket', (message) => {
  if (typeof message === 'object' && message !== null && 'socket' in message && message.socket instanceof Socket)
    openers.getStore()?.add(message.socket);
});

/**
 * The sockets that a driver opens, for drivers that take no socket, and have no way to be told to let go of one that waits for the first
 * word of the other side. Those that `tls.connect` makes by itself are not among them.
 */
export class OpenedSockets {
  readonly #open = new Set<Socket>();

  /** Runs something; what it opens, also later, belongs to these. */
  openedBy<Value>(run: () => Value): Value {
    return openers.run(this, run);
  }

  /** Destroys those that are open now. */
  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  add(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }
}
