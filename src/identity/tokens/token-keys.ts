import { Logger } from '@nestjs/common';
import { type AppConfig } from '../../config/index.js';
import { developmentSecret } from './development-secret.js';

/** Issuer and audience of tokens in development mode. */
const DEVELOPMENT_ISSUER = 'penguin-pool-streams';

/** Keys that verify tokens, with the required issuer and audience. */
export type TokenKeys =
  /** Public keys of the issuer (JWKS), fetched from `url`. */
  | { readonly kind: 'published'; readonly url: string; readonly issuer: string; readonly audience: string }
  /** Symmetric secret that signs and verifies. */
  | {
      readonly kind: 'shared';
      readonly secret: Uint8Array;
      readonly issuer: string | undefined;
      readonly audience: string | undefined;
    };

export const TOKEN_KEYS = Symbol('TOKEN_KEYS');

/** The configured keys; in development, a secret from `keysDir`, created on first use. */
export function tokenKeysOf(config: Pick<AppConfig, 'auth' | 'dataDir' | 'keysDir'>): TokenKeys {
  const { trust } = config.auth;
  switch (trust.kind) {
    case 'jwks':
      return { ...trust, kind: 'published' };
    case 'secret':
      return { ...trust, kind: 'shared', secret: new TextEncoder().encode(trust.secret) };
    case 'development':
      return {
        kind: 'shared',
        secret: developmentSecret(config, (problem) => new Logger('Tokens').warn(problem)),
        issuer: DEVELOPMENT_ISSUER,
        audience: DEVELOPMENT_ISSUER,
      };
  }
}
