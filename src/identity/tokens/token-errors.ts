import { errors } from 'jose';
import { AuthenticationError } from '../../event-store/domain/index.js';

interface Expected {
  readonly algorithms: readonly string[];
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** Why a token was refused, and what to do about it. Says nothing of what stands in the token. */
export function refusalOf(error: unknown, expected: Expected): AuthenticationError {
  return new AuthenticationError(messageFor(error, expected), { cause: error });
}

function messageFor(error: unknown, { algorithms, issuer, audience }: Expected): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired; get a new one';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'exp') return 'The token does not say when it ends (exp); get one that does';
    if (error.claim === 'nbf')
      return 'The token is not valid yet; wait, or set the clocks of its issuer and of this service';
    if (error.claim === 'aud') return `The token is for another audience; get one for '${audience}'`;
    if (error.claim === 'iss') return `The token is by another issuer; get one from '${issuer}'`;
    return `The token's claim '${error.claim}' is not in order; get a new one`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return `The token is signed with an algorithm that is not accepted here; use one of ${algorithms.join(', ')}`;
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return "The token's signature is wrong: it was changed, or signed with another key; get a new one";
  if (error instanceof errors.JWKSNoMatchingKey)
    return 'The token is signed with a key that its issuer does not publish (any more); get a new one';
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'The token does not say which of the keys of its issuer signed it (kid); get one that does';
  if (error instanceof errors.JOSENotSupported)
    return 'The token uses a feature that is not supported; get a plain signed JWT';
  return 'The bearer token is neither a signed JWT nor an API key; send one as it was given to you';
}
