import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

const trackers = new AsyncLocalStorage<SocketTracker>();

// Node publishes each socket that `net.connect` creates.
subscribe('net.client.socket', (message) => {
  if (typeof message === 'object' && message !== null && 'socket' in message && message.socket instanceof Socket)
    trackers.getStore()?.add(message.socket);
});

/**
 * Tracks the sockets that a driver opens, for drivers that accept no socket and cannot abort one that waits for the
 * first bytes of the server. Sockets created by `tls.connect` itself are not tracked.
 */
export class SocketTracker {
  readonly #open = new Set<Socket>();

  /** Tracks the sockets that `run` opens, including asynchronously. */
  track<Value>(run: () => Value): Value {
    return trackers.run(this, run);
  }

  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  add(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }
}
