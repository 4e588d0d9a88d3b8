import { Module } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../config/index.js';
import { TokenIssuer } from './token-issuer.js';
import { TOKEN_KEYS, type TokenKeys, tokenKeysOf } from './token-keys.js';

/** Keys and issuer of tokens. Opens no store, so that the command line can issue tokens without one. */
@Module({
  providers: [
    { provide: TOKEN_KEYS, inject: [APP_CONFIG], useFactory: (config: AppConfig) => tokenKeysOf(config) },
    {
      provide: TokenIssuer,
      inject: [TOKEN_KEYS, APP_CONFIG],
      useFactory: (keys: TokenKeys, { auth }: AppConfig) => new TokenIssuer(keys, auth, { now: () => Date.now() }),
    },
  ],
  exports: [TOKEN_KEYS, TokenIssuer],
})
export class TokensModule {}
