import { SignJWT } from 'jose';
import { type Clock, type Role, ValidationError } from '../../event-store/domain/index.js';
import { type ClaimNames } from '../domain/index.js';
import { type TokenKeys } from './token-keys.js';

export interface TokenRequest {
  readonly user: string;
  /** In addition to `user`. */
  readonly roles: readonly Role[];
  readonly expiresInSeconds: number;
}

/** Issues tokens if this service has the signing secret. */
export class TokenIssuer {
  constructor(
    private readonly keys: TokenKeys,
    private readonly claims: ClaimNames,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** @throws ValidationError if an external issuer signs the tokens */
  issueToken({ user, roles, expiresInSeconds }: TokenRequest): Promise<string> {
    const { keys } = this;
    if (keys.kind === 'published')
      throw new ValidationError(`Tokens are issued by '${keys.issuer}', because AUTH_JWKS_URL is set; get one there`);
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
