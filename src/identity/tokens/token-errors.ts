import { errors } from 'jose';
import { AuthenticationError } from '../../event-store/domain/index.js';

interface Expected {
  readonly algorithms: readonly string[];
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** Translates an error of jose into a message with a remedy. It contains no part of the token, since it is logged. */
export function toAuthenticationError(error: unknown, expected: Expected): AuthenticationError {
  return new AuthenticationError(messageFor(error, expected), { cause: error });
}

function messageFor(error: unknown, { algorithms, issuer, audience }: Expected): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired; get a new one';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'exp') return 'The token has no expiry (exp); get one that expires';
    if (error.claim === 'nbf')
      return 'The token is not valid yet (nbf); wait, or synchronize the clocks of its issuer and of this service';
    if (error.claim === 'aud') return `The token is for another audience; get one for '${audience}'`;
    if (error.claim === 'iss') return `The token is from another issuer; get one from '${issuer}'`;
    return `The token's claim '${error.claim}' is not valid; get a new one`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return `The token is signed with an algorithm that is not accepted; use one of ${algorithms.join(', ')}`;
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return "The token's signature is wrong: it was modified or signed with another key; get a new one";
  if (error instanceof errors.JWKSNoMatchingKey)
    return 'The token is signed with a key that its issuer does not publish; get a new one';
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'The token does not identify its signing key (kid), and several keys match; get one with a kid';
  if (error instanceof errors.JOSENotSupported)
    return 'The token uses a feature that is not supported; get a plain signed JWT';
  return 'The bearer token is neither a signed JWT nor an API key; send it as you received it';
}
