import { BadRequestException } from '@nestjs/common';
import { type IncomingMessage, type ServerResponse } from 'node:http';

/** A request with its URL as received; Express shortens `url` for middleware. */
type Routed = Pick<IncomingMessage, 'url'> & { readonly originalUrl?: string };

/** Path of the request as received, without the query. */
export function pathOf({ originalUrl, url = '' }: Routed): string {
  return (originalUrl ?? url).split('?', 1)[0] ?? '';
}

/**
 * Express refuses a path with an invalid percent-encoding before middleware of Nest, which logs and counts, can run.
 * This lets the request pass to it as `/`; {@link invalidPath} refuses it then.
 */
export function routeInvalidPath(request: IncomingMessage, _response: ServerResponse, next: () => void): void {
  if (invalidPath(request)) request.url = '/';
  next();
}

/** The error of a request whose path has an invalid percent-encoding. */
export function invalidPath(request: Routed): BadRequestException | undefined {
  try {
    decodeURIComponent(pathOf(request));
    return undefined;
  } catch (error) {
    if (error instanceof URIError) return new BadRequestException('The URL contains an invalid percent-encoding');
    throw error;
  }
}
