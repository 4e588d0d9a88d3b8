import { randomFillSync } from 'node:crypto';
import { type RandomString } from './domain/index.js';

/** 32, so that each is as likely as any other. */
const LETTERS = '0123456789abcdefghijklmnopqrstuv';

/** Random bytes that wait to be used: to ask the system for a few takes as long as for thousands. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** Letters and digits from the system's source of randomness for cryptography. */
export const randomString: RandomString = (length) => {
  let text = '';
  while (text.length < length) {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    text += LETTERS.charAt((pool[used++] ?? 0) % LETTERS.length);
  }
  return text;
};
