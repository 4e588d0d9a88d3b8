/** Source of random lower-case letters and digits; passed in, so that tests can set it. */
export type RandomString = (length: number) => string;

/** 32 characters, so that a byte modulo 32 selects each with the same probability. */
const ALPHABET = '0123456789abcdefghijklmnopqrstuv';

/** Buffered random bytes: a request to the system takes as long for a few bytes as for thousands. */
const pool = new Uint8Array(4_096);
let used = pool.length;

/** Random string with 5 bits of entropy for each character, from the system's cryptographic random number generator. */
export const randomString: RandomString = (length) => {
  let text = '';
  while (text.length < length) {
    if (used === pool.length) {
      crypto.getRandomValues(pool);
      used = 0;
    }
    text += ALPHABET.charAt((pool[used++] ?? 0) % ALPHABET.length);
  }
  return text;
};
