import { type NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import { type RequestHandler } from 'express';
import helmet from 'helmet';
import { type AppConfig } from '../config/index.js';
import { acceptJsonOnly, JSON_MEDIA_TYPES } from './validation/json-bodies.js';
import { serveApiDocs } from './openapi.js';
import { assignRequestId } from './request-id.js';

/**
 * Keep-alive timeout of idle connections. It is longer than that of load balancers (usually 60 seconds), so that they
 * close the connection first: a request that arrives while the server closes it would fail with a connection reset.
 */
const KEEP_ALIVE_MS = 72_000;

/** Installs the global middleware in order; the application must have been created with `bodyParser: false`. */
export function configureHttp(app: NestExpressApplication, { http }: AppConfig, version: string): void {
  app.getHttpServer().keepAliveTimeout = KEEP_ALIVE_MS;
  app.set('trust proxy', http.trustedProxies);
  app.use(assignRequestId);
  app.use(helmet());
  app.use(compressed());
  app.use(acceptJsonOnly);
  app.useBodyParser('json', { limit: http.maxBodyBytes, type: JSON_MEDIA_TYPES });
  serveApiDocs(app, version);
}

/** Compresses responses to GET only: those to writes are so small that compression costs more than it saves. */
function compressed(): RequestHandler {
  const compress = compression();
  return (request, response, next) => (request.method === 'GET' ? compress(request, response, next) : next());
}
