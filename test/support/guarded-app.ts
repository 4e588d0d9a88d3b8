import { type INestApplication, type MiddlewareConsumer, Module, type ModuleMetadata } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { type Server } from 'node:http';
import { type AuthenticatedCaller } from '../../src/event-store/domain/index.js';
import { DomainExceptionFilter } from '../../src/http/errors/domain-exception.filter.js';
import { assignRequestId } from '../../src/http/request-id.js';
import { Authenticator } from '../../src/identity/authenticator.js';
import { AccessGuard } from '../../src/identity/http/access.guard.js';
import { IdentifyMiddleware } from '../../src/identity/http/identify.middleware.js';
import { SelfProbeCredential } from '../../src/identity/self-probe-credential.js';

/**
 * Starts an application with these controllers behind the access guard.
 *
 * @param verify the caller of a bearer token or API key; throws what the authenticator would
 */
export async function startGuardedApp(
  verify: (credential: string) => AuthenticatedCaller,
  { controllers = [], providers = [] }: Pick<ModuleMetadata, 'controllers' | 'providers'>,
): Promise<INestApplication<Server>> {
  // Tokens are verified asynchronously and API keys synchronously, as in production.
  const authenticator = new Authenticator(
    { verify: async (token) => Promise.resolve(verify(token)) },
    { verify, listen: () => () => undefined },
    new SelfProbeCredential(),
  );
  @Module({
    controllers,
    providers: [
      ...providers,
      { provide: Authenticator, useValue: authenticator },
      { provide: APP_GUARD, useClass: AccessGuard },
      { provide: APP_FILTER, useClass: DomainExceptionFilter },
    ],
  })
  class GuardedModule {
    configure(consumer: MiddlewareConsumer): void {
      consumer.apply(IdentifyMiddleware).forRoutes('{*path}');
    }
  }
  const app = await NestFactory.create<INestApplication<Server>>(GuardedModule, { logger: false });
  app.use(assignRequestId);
  await app.init();
  return app;
}
