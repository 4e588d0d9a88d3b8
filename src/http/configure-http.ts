import { type NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import { type NextFunction, type Request, type Response } from 'express';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { forbidSharedCaching } from './caller-dependence.js';
import { enableCors } from './cors.js';
import { ApiDocs } from './openapi.js';
import { routeInvalidPath } from './request-path.js';
import { assignRequestId } from './request-id.js';
import { securityHeaders } from './security-headers.js';

/** Installs the global middleware in order; the application must have been created with `bodyParser: false`. */
export function configureHttp(app: NestExpressApplication, version: string): void {
  const { http } = app.get<AppConfig>(APP_CONFIG);
  app.use(assignRequestId);
  app.use(forbidSharedCaching);
  enableCors(app, http);
  app.use(routeInvalidPath);
  app.use(securityHeaders(http));
  const compress = compression();
  // Responses to writes are so small that compression costs more than it saves.
  app.use((request: Request, response: Response, next: NextFunction) =>
    request.method === 'GET' ? compress(request, response, next) : next(),
  );
  app.get(ApiDocs).of(app, version);
}
