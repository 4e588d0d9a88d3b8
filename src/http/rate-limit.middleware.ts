import { Injectable, type NestMiddleware } from '@nestjs/common';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { invalidPath, pathOf } from './request-path.js';
import { RateLimit } from './rate-limit.js';

/** Health endpoints, which orchestrators and monitoring read often. */
const UNCOUNTED = new Set(['/livez', '/readyz', '/startupz', '/health', '/health/kurrentdb']);

/**
 * Counts every request before anything else is done for it: also for the documentation, for routes that do not exist
 * and with rejected credentials.
 */
@Injectable()
export class RateLimitMiddleware implements NestMiddleware<IncomingMessage, ServerResponse> {
  constructor(private readonly rateLimit: RateLimit) {}

  use(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void {
    if (isUncounted(request)) return next();
    const { headers, error } = this.rateLimit.count(request);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    next(error ?? invalidPath(request));
  }
}

function isUncounted(request: IncomingMessage): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && UNCOUNTED.has(pathOf(request));
}
