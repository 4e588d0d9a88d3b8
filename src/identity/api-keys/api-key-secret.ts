import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { type ApiKeyParts, KEY_ID_LENGTH, KEY_SECRET_BYTES } from '../domain/index.js';

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

export function makeApiKey(): ApiKeyParts {
  return {
    keyId: Array.from({ length: KEY_ID_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join(''),
    secret: randomBytes(KEY_SECRET_BYTES).toString('base64url'),
  };
}

/**
 * SHA-256 of a secret, in base64url. A slow hash (scrypt, argon2) protects weak passwords; a random secret of 256 bits
 * cannot be guessed even with a fast hash, and every request computes it.
 */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Compares in constant time. */
export function hasHash(secret: string, hash: string): boolean {
  const given = createHash('sha256').update(secret).digest();
  const expected = Buffer.from(hash, 'base64url');
  return expected.length === given.length && timingSafeEqual(given, expected);
}
