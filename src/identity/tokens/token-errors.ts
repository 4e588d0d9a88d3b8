import { errors } from 'jose';
import { type TokenKeys } from './token-keys.js';

/** Message with a remedy for an error of jose. It contains no part of the token, since it is logged. */
export function messageFor(
  error: unknown,
  { issuer, audience }: Pick<TokenKeys, 'issuer' | 'audience'>,
  algorithms: readonly string[],
): string {
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
