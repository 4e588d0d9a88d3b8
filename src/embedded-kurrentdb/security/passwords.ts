import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

export interface Credentials {
  readonly loginName: string;
  readonly password: string;
}

/** Of a password that a person chose. The cost is part of it, so that it can be raised for new passwords. */
export interface SlowHash {
  readonly algorithm?: undefined;
  readonly salt: string;
  readonly hash: string;
  readonly cost: number;
}

/** Of a generated password: with 192 random bits it cannot be guessed, however fast its hash is. */
export interface FastHash {
  readonly algorithm: 'sha-256';
  readonly salt: string;
  readonly hash: string;
}

/** A stored password. */
export type PasswordHash = SlowHash | FastHash;

const COST = 2 ** 14;
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** Of no password. */
const NO_PASSWORD: SlowHash = {
  salt: randomBytes(SALT_BYTES).toString('base64'),
  hash: randomBytes(HASH_BYTES).toString('base64'),
  cost: COST,
};

function derive(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, { N: cost, r: 8, p: 1 }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

const digestOf = (password: string, salt: Buffer): Buffer =>
  createHash('sha256').update(salt).update(password).digest();

export async function hashPassword(password: string): Promise<SlowHash> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, COST);
  return { salt: salt.toString('base64'), hash: key.toString('base64'), cost: COST };
}

export function hashGeneratedPassword(password: string): FastHash {
  const salt = randomBytes(SALT_BYTES);
  const hash = digestOf(password, salt).toString('base64');
  return { algorithm: 'sha-256', salt: salt.toString('base64'), hash };
}

/** Whether it is the password of a fast hash; false for every slow one. */
export const matchesFastHash = (password: string, stored: PasswordHash): boolean =>
  stored.algorithm === 'sha-256' && isEqual(digestOf(password, Buffer.from(stored.salt, 'base64')), stored.hash);

/** The hash that a password is compared with slowly: one of no password for a user without a slow hash. */
export const slowHashOf = (stored: PasswordHash | undefined): SlowHash =>
  stored === undefined || stored.algorithm !== undefined ? NO_PASSWORD : stored;

export async function matchesSlowHash(password: string, { salt, hash, cost }: SlowHash): Promise<boolean> {
  return isEqual(await derive(password, Buffer.from(salt, 'base64'), cost), hash);
}

export async function verifyPassword(password: string, stored: PasswordHash): Promise<boolean> {
  return stored.algorithm === undefined ? matchesSlowHash(password, stored) : matchesFastHash(password, stored);
}

/** Compares in constant time. */
function isEqual(actual: Buffer, hash: string): boolean {
  const expected = Buffer.from(hash, 'base64');
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
