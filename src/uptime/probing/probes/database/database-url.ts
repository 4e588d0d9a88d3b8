import { ProbeFailure } from '../connection/connection-errors.js';
import { hostOf } from '../connection/target-url.js';

/** What a URL says of a server and of who asks it; decoded. */
export interface DatabaseUrl {
  readonly address: { readonly host: string; readonly port: number };
  /** `host:port`, as errors name it. */
  readonly endpoint: string;
  /** Empty where the URL has none, as the others are. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly options: URLSearchParams;
}

/** @throws ProbeFailure for what is no URL, which is not quoted */
export function readDatabaseUrl(url: string, defaultPort: number): DatabaseUrl {
  try {
    const { hostname, port, username, password, pathname, searchParams } = new URL(url);
    const address = { host: hostOf(hostname), port: Number(port || defaultPort) };
    return {
      address,
      endpoint: `${hostname}:${address.port}`,
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: decodeURIComponent(pathname.slice(1)),
      options: searchParams,
    };
  } catch {
    throw new ProbeFailure('the URL cannot be used: it cannot be read');
  }
}
