import { type NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import { type RequestHandler } from 'express';
import helmet from 'helmet';
import { type AppConfig } from '../config/index.js';
import { acceptJsonOnly, JSON_MEDIA_TYPES } from './validation/json-bodies.js';
import { serveApiDocs } from './openapi.js';
import { assignRequestId } from './request-id.js';

/**
 * How long an idle connection is kept: longer than load balancers keep theirs (60 seconds, most of them), so that it is they who close it.
 * Where this side closes one that a request is just coming over, the caller gets a reset instead of an answer.
 */
const KEEP_ALIVE_MS = 72_000;

/** Puts the middleware of all routes in their order; the application must have been created with `bodyParser: false`. */
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

/** Compresses what is read; the answer to a write is a line, and looking at it costs more than it saves. */
function compressed(): RequestHandler {
  const compress = compression();
  return (request, response, next) => (request.method === 'GET' ? compress(request, response, next) : next());
}
