import { closeWithin } from '../../../../common/wait.js';
import { connect, Socket } from 'node:net';

/** How long the other side may take to close a connection that has served its purpose. */
const CLOSE_WITHIN_MS = 1_000;

/** Where a database listens: a port of a host, or a socket in the file system. */
export type DatabaseAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** A socket that is not connected yet, and is destroyed when the signal aborts, at whatever it is then. */
export function unconnectedSocket(signal: AbortSignal): Socket {
  return guarded(new Socket({ signal }));
}

/** A socket that connects, and is destroyed when the signal aborts. */
export function connectingSocket(address: DatabaseAddress, signal: AbortSignal): Socket {
  return guarded(connect({ ...address, signal }));
}

/** Resolves when a connection was taken, and closes it. @throws Error of the socket */
export function tcpPing(address: DatabaseAddress, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectingSocket(address, signal);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

/**
 * Resolves when the connection is closed: by the other side once the goodbye is said, or by force after a second.
 *
 * @param closeGracefully asks the other side to close
 */
export async function closeSocket(socket: Socket, closeGracefully: () => void): Promise<void> {
  if (socket.destroyed) return;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  closeGracefully();
  await closeWithin(CLOSE_WITHIN_MS, closed, () => socket.destroy());
}

/** A driver may let go of a socket before the socket's last error: nobody would hear it, and it would end the process. */
function guarded(socket: Socket): Socket {
  return socket.on('error', () => undefined);
}
