import { SignJWT, UnsecuredJWT } from 'jose';

/** For the service's environment: what makes it accept the tokens of this file. */
export const AUTH = {
  AUTH_JWT_SECRET: 'a secret of the tests, longer than 32 bytes',
  AUTH_ISSUER: 'https://issuer.penguin-pool.test',
  AUTH_AUDIENCE: 'penguin-pool-streams-tests',
} as const;

export interface TokenClaims {
  readonly user: string;
  /** Beside `user`, which everyone is. */
  readonly roles?: readonly string[];
  /** From now on; negative: it has ended. */
  readonly expiresInSeconds?: number;
  readonly audience?: string;
}

const AN_HOUR = 3_600;
const secret = new TextEncoder().encode(AUTH.AUTH_JWT_SECRET);

/** A bearer token (JWT, HS256), as the service's issuer would make it. */
export function tokenFor({
  user,
  roles = [],
  expiresInSeconds = AN_HOUR,
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

/** The same claims under the algorithm `none`: signed by nobody. */
export function unsignedTokenFor({ user, roles = [], expiresInSeconds = AN_HOUR }: TokenClaims): string {
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
