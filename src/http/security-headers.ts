import helmet from 'helmet';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type AppConfig } from '../config/index.js';
import { forwardedBy } from './forwarded.js';

type EdgeConfig = Pick<AppConfig['http'], 'tls' | 'trustedProxies'>;
type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** Whether the client uses HTTPS: to the outermost trusted proxy, or in any case by the configuration. */
export function isBehindTls(
  { headers }: Pick<IncomingMessage, 'headers'>,
  { tls, trustedProxies }: EdgeConfig,
): boolean {
  if (tls === 'always') return true;
  return forwardedBy(trustedProxies, headers['x-forwarded-proto']).at(-1)?.trim().toLowerCase() === 'https';
}

/**
 * Security headers of every response. Those that send a browser to HTTPS would leave the pages without scripts where
 * there is only HTTP; those that browsers ignore there, with an error on the console, are left out too.
 */
export function securityHeaders(config: EdgeConfig): Middleware {
  const overTls = helmet();
  const overHttp = helmet({
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  });
  return (request, response, next) =>
    isBehindTls(request, config) ? overTls(request, response, next) : overHttp(request, response, next);
}
