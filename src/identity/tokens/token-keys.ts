import { type AppConfig } from '../../config/index.js';
import { developmentSecret } from './development-secret.js';

/** Issuer and audience of the tokens that this service makes for itself. */
const DEVELOPMENT_PARTY = 'penguin-pool-streams';

/** What tokens are checked with, and whom they must name. */
export type TokenKeys =
  /** The issuer's public keys, at a URL. */
  | { readonly kind: 'published'; readonly url: string; readonly issuer: string; readonly audience: string }
  /** One secret that signs and verifies. */
  | {
      readonly kind: 'shared';
      readonly secret: Uint8Array;
      readonly issuer: string | undefined;
      readonly audience: string | undefined;
    };

/** Injection token of the {@link TokenKeys}. */
export const TOKEN_KEYS = Symbol('TOKEN_KEYS');

/** The keys that the configuration names; in development, a secret under `dataDir` that is made when there is none. */
export function tokenKeysOf({ auth: { trust }, dataDir }: Pick<AppConfig, 'auth' | 'dataDir'>): TokenKeys {
  switch (trust.kind) {
    case 'jwks':
      return { kind: 'published', url: trust.url, issuer: trust.issuer, audience: trust.audience };
    case 'secret':
      return {
        kind: 'shared',
        secret: new TextEncoder().encode(trust.secret),
        issuer: trust.issuer,
        audience: trust.audience,
      };
    case 'development':
      return {
        kind: 'shared',
        secret: developmentSecret(dataDir),
        issuer: DEVELOPMENT_PARTY,
        audience: DEVELOPMENT_PARTY,
      };
  }
}
