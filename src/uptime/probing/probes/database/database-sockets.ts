import { type Socket } from 'node:net';
import { connectFirst } from '../../../../common/network/connect-first.js';
import { closeWithin } from '../../../../common/wait.js';
import { ProbeFailure } from '../connection/connection-errors.js';
import { type ProbeStage, STAGES } from '../connection/probe-stages.js';
import { connectionFailure } from './database-errors.js';
import { type CheckContext } from './database.probe.js';

/** Time allowed for the server to close a connection. */
const CLOSE_TIMEOUT_MS = 1_000;

interface DatabaseAddress {
  readonly address: { readonly host: string; readonly port: number };
  /** `host:port`, as used in errors. */
  readonly hostPort: string;
}

/** A connected socket, destroyed when the signal aborts. @throws ProbeFailure */
export async function connectSocket(
  { address, hostPort }: DatabaseAddress,
  { names, signal }: Pick<CheckContext, 'names' | 'signal'>,
): Promise<Socket> {
  let stage: ProbeStage = 'dns';
  try {
    const socket = await connectFirst(names, address, signal, () => (stage = 'connect'));
    const destroy = (): void => void socket.destroy();
    signal.addEventListener('abort', destroy, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', destroy));
    return socket;
  } catch (error) {
    throw signal.aborted ? new ProbeFailure(STAGES[stage].timedOut(hostPort)) : connectionFailure(error, hostPort);
  }
}

/** Opens and closes a connection. @throws ProbeFailure */
export async function tcpPing(target: DatabaseAddress, context: Pick<CheckContext, 'names' | 'signal'>): Promise<void> {
  (await connectSocket(target, context)).destroy();
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
