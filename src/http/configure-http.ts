import { type NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import { type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { backgroundLoads } from '../common/background-loads.js';
import { type AppConfig } from '../config/index.js';
import { acceptJsonOnly, JSON_MEDIA_TYPES } from './validation/json-bodies.js';
import { parseFirstBody } from './validation/first-body.js';
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
  const compress = compression();
  // Responses to writes are so small that compression costs more than it saves.
  app.use((request: Request, response: Response, next: NextFunction) =>
    request.method === 'GET' ? compress(request, response, next) : next(),
  );
  app.use(acceptJsonOnly);
  app.useBodyParser('json', { limit: http.maxBodyBytes, type: JSON_MEDIA_TYPES });
  backgroundLoads.add('the decoders of request bodies', parseFirstBody);
  serveApiDocs(app, version);
}
