import { connect, type Socket } from 'node:net';
import { addressOf } from './host-name.js';
import { type NameResolver } from './name-resolver.js';
import { alternating, type Resolution } from './resolution.js';

/** Time between the starts of two attempts (RFC 8305, 5). */
const ATTEMPT_DELAY_MS = 250;
/** Codes of attempts that have not left this machine: an answer of a target says more. */
const LOCAL_FAILURES: readonly unknown[] = ['EADDRNOTAVAIL', 'ENETUNREACH', 'EAFNOSUPPORT', 'EINVAL'];

export interface ConnectTarget {
  /** A name or an address, as {@link NameResolver.lookup} takes it. */
  readonly host: string;
  readonly port: number;
}

/**
 * Connects to the first address of a host that accepts the connection (RFC 8305, "Happy Eyeballs"). Attempts start
 * 250 ms apart, or when the one before fails, and last until one succeeds: the signal is their only time limit.
 * Node's own `autoSelectFamily` aborts each attempt instead, often before the kernel repeats a lost SYN.
 *
 * @param onResolved called when the first attempt starts
 * @returns a connected socket that ignores its errors; attach a listener to see them
 * @throws NameError; the error of an attempt if all fail; the reason of the signal when it is aborted
 */
export async function connectFirst(
  names: NameResolver,
  { host, port }: ConnectTarget,
  signal: AbortSignal,
  onResolved: () => void = () => undefined,
): Promise<Socket> {
  signal.throwIfAborted();
  const literal = addressOf(host);
  if (literal !== undefined) {
    onResolved();
    return race({ addresses: [literal] }, port, signal);
  }
  const lookup = new AbortController();
  const abort = (): void => lookup.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    const resolution = await names.lookup(host, lookup.signal);
    signal.throwIfAborted();
    onResolved();
    return await race(resolution, port, signal);
  } finally {
    signal.removeEventListener('abort', abort);
    // The look-up of one family may be pending.
    lookup.abort();
  }
}

function race({ addresses, more }: Resolution, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const attempts = new Set<Socket>();
    const errors: Error[] = [];
    let waiting = addresses;
    let isOver = false;
    let areAllKnown = more === undefined;
    let timer: NodeJS.Timeout | undefined;
    const end = (settle: () => void): void => {
      isOver = true;
      signal.removeEventListener('abort', abort);
      clearTimeout(timer);
      for (const attempt of attempts) attempt.destroy();
      settle();
    };
    const abort = (): void => end(() => reject(signal.reason as Error));
    const startNext = (): void => {
      if (isOver) return;
      clearTimeout(timer);
      timer = undefined;
      const [address, ...others] = waiting;
      if (address === undefined) {
        if (areAllKnown && attempts.size === 0) end(() => reject(mostTelling(errors)));
        return;
      }
      waiting = others;
      start(address);
      if (others.length > 0) timer = setTimeout(startNext, ATTEMPT_DELAY_MS);
    };
    const start = (address: string): void => {
      const attempt = connect({ host: address, port });
      attempts.add(attempt);
      // Stays attached: a user may detach from a socket before its last error, which would end the process.
      attempt.on('error', (error) => {
        if (!attempts.delete(attempt)) return;
        errors.push(error);
        startNext();
      });
      attempt.once('connect', () => {
        attempts.delete(attempt);
        end(() => resolve(attempt));
      });
    };
    signal.addEventListener('abort', abort, { once: true });
    startNext();
    void more?.then((others) => {
      waiting = alternating(others, waiting);
      areAllKnown = true;
      if (timer === undefined) startNext();
    });
  });
}

/** The first error of an attempt that has reached the network. */
function mostTelling(errors: readonly Error[]): Error {
  const isLocal = (error: Error): boolean => 'code' in error && LOCAL_FAILURES.includes(error.code);
  return errors.find((error) => !isLocal(error)) ?? errors[0] ?? new Error('There is no address to connect to');
}
