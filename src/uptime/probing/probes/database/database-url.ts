import { ProbeFailure } from '../connection/connection-errors.js';
import { hostOf } from '../connection/target-url.js';

/** Percent-decoded parts of a URL; absent ones are empty. */
export interface DatabaseUrl {
  readonly address: { readonly host: string; readonly port: number };
  /** `host:port`, as used in errors. */
  readonly hostPort: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly options: URLSearchParams;
}

/** @throws ProbeFailure that does not quote the URL */
export function parseDatabaseUrl(url: string, defaultPort: number): DatabaseUrl {
  try {
    const { hostname, port, username, password, pathname, searchParams } = new URL(url);
    const address = { host: hostOf(hostname), port: Number(port || defaultPort) };
    return {
      address,
      hostPort: `${hostname}:${address.port}`,
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: decodeURIComponent(pathname.slice(1)),
      options: searchParams,
    };
  } catch {
    throw new ProbeFailure('the URL is not valid');
  }
}
