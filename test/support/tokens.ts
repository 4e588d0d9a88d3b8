import { SignJWT, UnsecuredJWT } from 'jose';

/** Environment of a service that accepts the tokens of this file. */
export const AUTH = {
  AUTH_JWT_SECRET: 'a secret of the tests, longer than 32 bytes',
  AUTH_ISSUER: 'https://issuer.penguin-pool.test',
  AUTH_AUDIENCE: 'penguin-pool-streams-tests',
} as const;

export interface TokenClaims {
  readonly user: string;
  /** In addition to `user`. */
  readonly roles?: readonly string[];
  /** Seconds until the expiry; negative: expired. */
  readonly expiresInSeconds?: number;
  readonly audience?: string;
}

const HOUR_S = 3_600;
const secret = new TextEncoder().encode(AUTH.AUTH_JWT_SECRET);

/** Bearer token (JWT, HS256) of the configured issuer. */
export function tokenFor({
  user,
  roles = [],
  expiresInSeconds = HOUR_S,
  audience = AUTH.AUTH_AUDIENCE,
}: TokenClaims): Promise<string> {
  return new SignJWT({ roles })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuer(AUTH.AUTH_ISSUER)
    .setAudience(audience)
    .setExpirationTime(secondsFromNow(expiresInSeconds))
    .sign(secret);
}

/** The same claims with the algorithm `none`, unsigned. */
export function unsignedTokenFor({ user, roles = [], expiresInSeconds = HOUR_S }: TokenClaims): string {
  return new UnsecuredJWT({ roles })
    .setSubject(user)
    .setIssuer(AUTH.AUTH_ISSUER)
    .setAudience(AUTH.AUTH_AUDIENCE)
    .setExpirationTime(secondsFromNow(expiresInSeconds))
    .encode();
}

function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}
