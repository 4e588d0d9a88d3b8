import { type INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { SECURITY_SCHEMES } from './access-policy.js';
import { ErrorBody } from './errors/error-body.js';

export const API_DOCS_PATH = 'api/docs';

/** Serves the API's documentation at `/api/docs`, and as OpenAPI JSON at `/api/docs-json`. */
export function serveApiDocs(app: INestApplication, version: string): void {
  SwaggerModule.setup(API_DOCS_PATH, app, () => describeApi(app, version), {
    jsonDocumentUrl: `${API_DOCS_PATH}-json`,
    customSiteTitle: 'Penguin Pool Streams',
  });
}

function describeApi(app: INestApplication, version: string): OpenAPIObject {
  const description = new DocumentBuilder()
    .setTitle('Penguin Pool Streams')
    .setDescription(
      "Penguin Pool's KurrentDB streams: who is up, since when, how much of the time; and the data of users, private by default. Every error has the body `ErrorBody`.",
    )
    .setVersion(version)
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'A token of the issuer that this service trusts, or an API key',
      },
      SECURITY_SCHEMES.bearer,
    )
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key of a service' },
      SECURITY_SCHEMES.apiKey,
    )
    .build();
  return SwaggerModule.createDocument(app, description, { extraModels: [ErrorBody] });
}
