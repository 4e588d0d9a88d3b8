import { type FetchImplementation } from 'jose';
import { createRequire } from 'node:module';
import type * as Undici from 'undici';
import { backgroundLoads } from '../../common/background-loads.js';
import { connectFirst } from '../../common/network/connect-first.js';
import { type NameResolver } from '../../common/network/name-resolver.js';

/** Time limit of a connection; a request has a shorter one. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * `fetch` of undici, which is Node's own, over connections to names that `names` resolves; loaded in the background.
 */
export function fetchBy(names: NameResolver): FetchImplementation {
  let loaded: FetchImplementation | undefined;
  const load = (): FetchImplementation => (loaded ??= createFetch(names));
  backgroundLoads.add('undici', load);
  return async (url, options) => load()(url, options);
}

function createFetch(names: NameResolver): FetchImplementation {
  const { Agent, buildConnector, fetch } = createRequire(import.meta.url)('undici') as typeof Undici;
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
