import { isIP, type LookupFunction } from 'node:net';
import { connectFirst } from '../../../../common/network/connect-first.js';
import { type CheckContext } from './database.probe.js';

type Context = Pick<CheckContext, 'names' | 'signal'>;

/** Looks up names for a driver that opens its sockets itself, during one check. */
export class DriverLookup {
  /** By host, so that all connections of a check use one address. */
  readonly #found = new Map<string, Promise<readonly string[]>>();
  #pending = 0;

  /** @param portOf port to connect to on a host; undefined if it is not known */
  constructor(
    private readonly context: Context,
    private readonly portOf: (host: string) => number | undefined,
  ) {}

  get isPending(): boolean {
    return this.#pending > 0;
  }

  /** The `lookup` option of `net.connect`. */
  readonly lookup: LookupFunction = (host, { all }, callback) => {
    const addresses = this.#found.get(host) ?? reachableAddresses(host, this.portOf(host), this.context);
    this.#found.set(host, addresses);
    this.#pending++;
    addresses
      .finally(() => this.#pending--)
      .then(
        (found) => {
          const answers = found.map((address) => ({ address, family: isIP(address) }));
          if (all) callback(null, answers);
          else callback(null, answers[0]?.address ?? '', answers[0]?.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, ''),
      );
  };
}

/**
 * Addresses of a host. Of several, only the one that accepts a connection first, found by a connection of its own: a
 * driver would try only one, or give each up too early.
 *
 * @throws NameError; the reason of the signal when it is aborted
 */
export async function reachableAddresses(
  host: string,
  port: number | undefined,
  { names, signal }: Context,
): Promise<readonly string[]> {
  const { addresses, more } = await names.lookup(host, signal);
  if (port === undefined || (addresses.length === 1 && more === undefined)) return addresses;
  try {
    const socket = await connectFirst(names, { host, port }, signal);
    const { remoteAddress } = socket;
    socket.destroy();
    return remoteAddress === undefined ? addresses : [remoteAddress];
  } catch {
    signal.throwIfAborted();
    return addresses; // The driver meets the same error, and reports it.
  }
}
