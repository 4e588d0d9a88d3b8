import { isIP, type LookupFunction } from 'node:net';
import { connectFirst } from '../../../../common/network/connect-first.js';
import { type CheckContext } from './database.probe.js';

type Context = Pick<CheckContext, 'names' | 'signal'>;

/**
 * The `lookup` of a driver that opens its sockets itself. Of a name with several addresses it answers the one that
 * accepts a connection first, found by a connection of its own: the driver would give an address up too early.
 *
 * @param portOf port to connect to for a host; undefined if it is not known
 */
export function lookupFor(context: Context, portOf: (host: string) => number | undefined): LookupFunction {
  /** By host, so that all connections of a check use one address. */
  const chosen = new Map<string, Promise<readonly string[]>>();
  return (host, { all }, callback) => {
    const addresses = chosen.get(host) ?? choose(host, portOf(host), context);
    chosen.set(host, addresses);
    addresses.then(
      (found) => {
        const answers = found.map((address) => ({ address, family: isIP(address) }));
        if (all) callback(null, answers);
        else callback(null, answers[0]?.address ?? '', answers[0]?.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

async function choose(host: string, port: number | undefined, { names, signal }: Context): Promise<readonly string[]> {
  const { addresses, more } = await names.lookup(host, signal);
  if (port === undefined || (addresses.length === 1 && more === undefined)) return addresses;
  try {
    const socket = await connectFirst(names, { host, port }, signal);
    const { remoteAddress } = socket;
    socket.destroy();
    return remoteAddress === undefined ? addresses : [remoteAddress];
  } catch {
    return addresses; // The driver meets the same error, and reports it.
  }
}
