import { type HttpAdapterHost } from '@nestjs/core';
import { type Server } from 'node:net';

/** `host:port` of this service, reachable from this machine. @throws Error while it does not listen */
export function endpointOf({ httpAdapter }: HttpAdapterHost): string {
  const bound = (httpAdapter.getHttpServer() as Server).address();
  if (bound === null || typeof bound === 'string')
    throw new Error('This service does not listen on a port and cannot probe itself; configure a URL');
  const { address, port, family } = bound;
  if (address === '0.0.0.0' || address === '::') return `127.0.0.1:${port}`;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
