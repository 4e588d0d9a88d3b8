import { SignJWT } from 'jose';
import { type Clock, type Role, ValidationError } from '../../event-store/domain/index.js';
import { type ClaimNames } from '../domain/index.js';
import { type TokenKeys } from './token-keys.js';

export interface TokenRequest {
  /** The user's id. */
  readonly user: string;
  /** Beside `user`, which everyone is. */
  readonly roles: readonly Role[];
  readonly expiresInSeconds: number;
}

/** Makes tokens where this service has the secret that signs them. */
export class TokenIssuer {
  constructor(
    private readonly keys: TokenKeys,
    private readonly claims: ClaimNames,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** A token for a user. @throws ValidationError where an issuer of its own makes the tokens */
  issueToken({ user, roles, expiresInSeconds }: TokenRequest): Promise<string> {
    const { keys } = this;
    if (keys.kind === 'published')
      throw new ValidationError(
        `Tokens are made by the issuer '${keys.issuer}', whose keys AUTH_JWKS_URL names; get one there`,
      );
    const now = Math.floor(this.clock.now() / 1_000);
    const token = new SignJWT({ [this.claims.userClaim]: user, [this.claims.rolesClaim]: roles })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt(now)
      .setExpirationTime(now + expiresInSeconds);
    if (keys.issuer !== undefined) token.setIssuer(keys.issuer);
    if (keys.audience !== undefined) token.setAudience(keys.audience);
    return token.sign(keys.secret);
  }
}
