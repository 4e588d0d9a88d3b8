import { type NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import helmet from 'helmet';
import { type AppConfig } from '../config/index.js';
import { acceptJsonOnly, JSON_MEDIA_TYPES } from './json-bodies.js';
import { serveApiDocs } from './openapi.js';
import { assignRequestId } from './request-id.js';

/** Puts the middleware of all routes in their order; the application must have been created with `bodyParser: false`. */
export function configureHttp(app: NestExpressApplication, { http }: AppConfig, version: string): void {
  app.set('trust proxy', http.trustedProxies);
  app.use(assignRequestId);
  app.use(helmet());
  app.use(compression());
  app.use(acceptJsonOnly);
  app.useBodyParser('json', { limit: http.maxBodyBytes, type: JSON_MEDIA_TYPES });
  serveApiDocs(app, version);
}
