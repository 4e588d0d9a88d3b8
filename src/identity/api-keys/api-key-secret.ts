import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { type ApiKeyParts, KEY_ID_LENGTH, KEY_SECRET_BYTES } from '../domain/index.js';

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

/** A key that nobody has had before. */
export function makeApiKey(): ApiKeyParts {
  return {
    keyId: Array.from({ length: KEY_ID_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join(''),
    secret: randomBytes(KEY_SECRET_BYTES).toString('base64url'),
  };
}

/**
 * What is kept of a secret: its SHA-256, in base64url. Slow hashes (scrypt, argon2) make guessing of passwords dear; a secret of 256 bits
 * made by chance cannot be guessed however fast the hash is, and every request has to compute it.
 */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Whether a secret has the hash, in a time that does not tell how much of it was right. */
export function hasHash(secret: string, hash: string): boolean {
  const given = createHash('sha256').update(secret).digest();
  const kept = Buffer.from(hash, 'base64url');
  return kept.length === given.length && timingSafeEqual(given, kept);
}
