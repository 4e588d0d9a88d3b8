import { type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * Keeps shared caches from giving an answer to another caller. It applies to every answer, errors included, so that no
 * route can forget it: which answers depend on the caller is decided by permissions, roles and the configuration.
 */
export function forbidSharedCaching(_request: IncomingMessage, response: ServerResponse, next: () => void): void {
  response.setHeader('Cache-Control', 'private, no-cache');
  response.setHeader('Vary', 'Authorization, X-API-Key');
  next();
}
