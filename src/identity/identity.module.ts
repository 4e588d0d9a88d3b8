import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { NameResolver } from '../common/network/name-resolver.js';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { CLOCK, type Clock, EVENT_STORE, provide, ReadModels } from '../event-store/index.js';
import { answerPreflight, HttpModule, RateLimitMiddleware } from '../http/index.js';
import { ApiKeyCache } from './api-keys/api-key-cache.js';
import { ApiKeysModule } from './api-keys/api-keys.module.js';
import { Authenticator } from './authenticator.js';
import { AccessGuard } from './http/access.guard.js';
import { IdentifyMiddleware } from './http/identify.middleware.js';
import { SelfProbeCredential } from './self-probe-credential.js';
import { TOKEN_KEYS, type TokenKeys } from './tokens/token-keys.js';
import { TokenVerifier } from './tokens/token-verifier.js';
import { TokensModule } from './tokens/tokens.module.js';

/** Authenticates and counts every request, and enforces the access policy of every route. */
@Module({
  imports: [HttpModule, TokensModule, ApiKeysModule],
  providers: [
    SelfProbeCredential,
    {
      provide: TokenVerifier,
      inject: [TOKEN_KEYS, APP_CONFIG, CLOCK, NameResolver],
      useFactory: (keys: TokenKeys, { auth }: AppConfig, clock: Clock, names: NameResolver) =>
        new TokenVerifier(keys, { claims: auth, clock, names }),
    },
    provide(ApiKeyCache, ReadModels, EVENT_STORE, CLOCK),
    provide(Authenticator, TokenVerifier, ApiKeyCache, SelfProbeCredential),
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [Authenticator, SelfProbeCredential],
})
export class IdentityModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(IdentifyMiddleware, RateLimitMiddleware, answerPreflight).forRoutes('{*path}');
  }
}
