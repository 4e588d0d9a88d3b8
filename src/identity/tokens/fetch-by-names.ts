import { type FetchImplementation } from 'jose';
import { connectFirst } from '../../common/network/connect-first.js';
import { type NameResolver } from '../../common/network/name-resolver.js';

/** Time limit of a connection; a request has a shorter one. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * `fetch` of undici, which is Node's own, over connections to names that `names` resolves; loaded by the first request.
 */
export function fetchBy(names: NameResolver): FetchImplementation {
  let loaded: Promise<FetchImplementation> | undefined;
  return async (url, options) => {
    loaded ??= load(names);
    return (await loaded)(url, options);
  };
}

async function load(names: NameResolver): Promise<FetchImplementation> {
  const { Agent, buildConnector, fetch } = await import('undici');
  const secure = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
  const dispatcher = new Agent({
    connect: (target, callback) => {
      const { hostname, port, protocol } = target;
      const isSecure = protocol === 'https:';
      const address = { host: hostname, port: Number(port || (isSecure ? 443 : 80)) };
      connectFirst(names, address, AbortSignal.timeout(CONNECT_TIMEOUT_MS)).then(
        (socket) => (isSecure ? secure({ ...target, httpSocket: socket }, callback) : callback(null, socket)),
        (error: Error) => callback(error, null),
      );
    },
  });
  return (url, { headers, ...options }) => fetch(url, { ...options, headers: [...headers], dispatcher });
}
