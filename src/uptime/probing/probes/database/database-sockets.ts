import { closeWithin } from '../../../../common/wait.js';
import { connect, Socket } from 'node:net';

/** Time allowed for the server to close a connection. */
const CLOSE_TIMEOUT_MS = 1_000;

interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
}

/** An unconnected socket, destroyed when the signal aborts. */
export function unconnectedSocket(signal: AbortSignal): Socket {
  return ignoringErrors(new Socket({ signal }));
}

/** A connecting socket, destroyed when the signal aborts. */
export function connectingSocket(address: DatabaseAddress, signal: AbortSignal): Socket {
  return ignoringErrors(connect({ ...address, signal }));
}

/** Opens and closes a connection. @throws Error of the socket */
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
 * Resolves when the connection is closed, by the server or after a timeout.
 *
 * @param closeGracefully requests the server to close it
 */
export async function closeSocket(socket: Socket, closeGracefully: () => void): Promise<void> {
  if (socket.destroyed) return;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  closeGracefully();
  await closeWithin(CLOSE_TIMEOUT_MS, closed, () => socket.destroy());
}

/** A driver may detach from a socket before its last error, which would terminate the process if it were unhandled. */
function ignoringErrors(socket: Socket): Socket {
  return socket.on('error', () => undefined);
}
