import { type INestApplication, Injectable, type OnModuleInit } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { SECURITY_SCHEMES } from './access-policy.js';
import { ErrorBody, ProblemBody } from './errors/error-body.js';

export const API_DOCS_PATH = 'api/docs';

/** Swagger UI at `/api/docs`, and the OpenAPI document at `/api/docs-json`. */
@Injectable()
export class ApiDocs implements OnModuleInit {
  #serve: (() => void) | undefined;

  /** Documents an application. Call it before the application is initialized. */
  of(app: INestApplication, version: string): void {
    this.#serve = () =>
      SwaggerModule.setup(API_DOCS_PATH, app, () => createDocument(app, version), {
        jsonDocumentUrl: `${API_DOCS_PATH}-json`,
        customSiteTitle: 'Penguin Pool Streams',
      });
  }

  /** Adds the pages behind the middleware of all modules, so that their requests are logged and counted as well. */
  onModuleInit(): void {
    this.#serve?.();
  }
}

function createDocument(app: INestApplication, version: string): OpenAPIObject {
  const description = new DocumentBuilder()
    .setTitle('Penguin Pool Streams')
    .setDescription(
      "Penguin Pool's KurrentDB streams: status and uptime of its services, and user data, private by default. " +
        'All errors have the body `ErrorBody`, or `ProblemBody` (RFC 9457) for clients that accept it; any path that ' +
        'does not know a method responds with 405.',
    )
    .setVersion(version)
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'JWT of the trusted issuer, or an API key' },
      SECURITY_SCHEMES.bearer,
    )
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key of a service' },
      SECURITY_SCHEMES.apiKey,
    )
    .build();
  return SwaggerModule.createDocument(app, description, { extraModels: [ErrorBody, ProblemBody] });
}
