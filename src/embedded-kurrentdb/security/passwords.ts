import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

export interface Credentials {
  readonly loginName: string;
  readonly password: string;
}

/** A stored password. The cost is part of it, so that it can be raised for new passwords. */
export interface PasswordHash {
  readonly salt: string;
  readonly hash: string;
  readonly cost: number;
}

const COST = 2 ** 14;
const HASH_BYTES = 32;

function derive(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, { N: cost, r: 8, p: 1 }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST);
  return { salt: salt.toString('base64'), hash: key.toString('base64'), cost: COST };
}

export async function verifyPassword(password: string, { salt, hash, cost }: PasswordHash): Promise<boolean> {
  const expected = Buffer.from(hash, 'base64');
  const actual = await derive(password, Buffer.from(salt, 'base64'), cost);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
