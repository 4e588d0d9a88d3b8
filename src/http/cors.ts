import { type NestExpressApplication } from '@nestjs/platform-express';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type AppConfig } from '../config/index.js';

/** Response headers that scripts of other origins may read, beside those that any script may read. */
export const EXPOSED_HEADERS = [
  'Age',
  'Allow',
  'ETag',
  'Idempotency-Replayed',
  'Location',
  'Retry-After',
  'WWW-Authenticate',
  'X-Event-Size-Warning',
  'X-Quota-Bytes-Limit',
  'X-Quota-Bytes-Remaining',
  'X-Quota-Streams-Limit',
  'X-Quota-Streams-Remaining',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Request-Id',
] as const;

/** How long browsers keep the answer to a preflight request: the longest time that Chromium accepts. */
const PREFLIGHT_MAX_AGE_SECONDS = 7_200;

/**
 * Lets scripts of the configured origins read responses, errors included. Preflight requests pass on to
 * {@link answerPreflight}, so that they are logged and counted before.
 */
export function enableCors(app: NestExpressApplication, { corsOrigins }: Pick<AppConfig['http'], 'corsOrigins'>): void {
  if (corsOrigins === undefined) return;
  app.enableCors({
    origin: corsOrigins === '*' ? corsOrigins : [...corsOrigins],
    credentials: corsOrigins !== '*',
    exposedHeaders: [...EXPOSED_HEADERS],
    maxAge: PREFLIGHT_MAX_AGE_SECONDS,
    preflightContinue: true,
  });
}

/** Ends a preflight request, of any route and without authentication. Its headers are those of {@link enableCors}. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const isPreflight = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
  if (!isPreflight || !response.hasHeader('Access-Control-Allow-Methods')) return next();
  response.statusCode = 204;
  response.end();
}
