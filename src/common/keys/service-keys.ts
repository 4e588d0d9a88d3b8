import { hkdfSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { array, object, oneOf, parseData, type Parsed, refine, string, timestamp } from '../parse.js';
import { UnusableDirectoryError } from '../private-directory.js';
import { toTimestamp } from '../time.js';
import { createKeyFile, readKeyFile } from './key-file.js';

const FILE = 'service.keys';
const FORMAT = 'penguin-pool-service-keys 1';
const SECRET_BYTES = 32;
const KEY_ID_BYTES = 6;
const DERIVATION = 'penguin-pool-streams/service-keys@v1';

/** What a derived key is for. No two purposes have the same key. */
export type KeyPurpose = 'development-tokens' | 'feed-tickets' | 'audit-pseudonyms';

/** Key of one purpose. */
export interface DerivedKey {
  /** Id of the key in the file that it is derived from: store it beside what was signed or encrypted. */
  readonly id: string;
  /** 32 bytes, for HMAC-SHA-256 or AES-256. */
  readonly key: Buffer;
}

const base64OfSecret = refine(string, (text) =>
  /^[\w-]+$/.test(text) && Buffer.from(text, 'base64url').length === SECRET_BYTES
    ? undefined
    : `must be ${SECRET_BYTES} bytes in base64url`,
);

/** `current` is the key for what is new; the others are kept for what they were used for. */
const keyFile = refine(
  object({
    format: oneOf([FORMAT]),
    current: string,
    keys: array(object({ id: string, createdAt: timestamp, secret: base64OfSecret })),
  }),
  ({ current, keys }) => {
    if (new Set(keys.map(({ id }) => id)).size < keys.length) return 'has two keys with one id';
    return keys.some(({ id }) => id === current) ? undefined : 'has no key with the id that `current` names';
  },
);

/**
 * The keys of the service in `KEYS_DIR/service.keys`: for what the service signs or encrypts itself. All replicas have
 * the same file. A key is replaced in two steps, so that no replica meets an id that it does not know: add it to `keys`
 * everywhere, then name it in `current`.
 */
export class ServiceKeys {
  readonly #current: string;
  readonly #secrets: ReadonlyMap<string, Buffer>;

  private constructor({ current, keys }: Parsed<typeof keyFile>) {
    this.#current = current;
    this.#secrets = new Map(keys.map(({ id, secret }) => [id, Buffer.from(secret, 'base64url')]));
  }

  /**
   * Reads the file, and creates it with one random key if it does not exist.
   *
   * @throws UnusableDirectoryError if it cannot be read or created, is open to other accounts, or contains something
   *   else
   */
  static open(directory: string, nowMs = Date.now()): ServiceKeys {
    const path = join(directory, FILE);
    const text = readKeyFile(path) ?? createKeyFile(path, newKeyFile(nowMs));
    try {
      return new ServiceKeys(parseData(keyFile, JSON.parse(text), FILE));
    } catch (error) {
      // The cause is dropped: a message of JSON.parse shows part of the file.
      const reason = error instanceof SyntaxError || !(error instanceof Error) ? 'it is not JSON' : error.message;
      throw new UnusableDirectoryError(
        `KEYS_DIR: '${path}' has no valid keys: ${reason}. Restore it from a backup, or remove it to create new keys, ` +
          'which makes all that was signed with the earlier ones invalid',
      );
    }
  }

  /** The key for what is signed or encrypted now. */
  current(purpose: KeyPurpose): DerivedKey {
    const key = this.find(purpose, this.#current);
    if (key === undefined) throw new Error('the current key was checked when the file was read');
    return key;
  }

  /** The key with an id, for what was signed or encrypted earlier; undefined if it is not in the file any more. */
  find(purpose: KeyPurpose, id: string): DerivedKey | undefined {
    const secret = this.#secrets.get(id);
    return secret && { id, key: derive(secret, [purpose, id]) };
  }
}

function newKeyFile(nowMs: number): string {
  const id = randomBytes(KEY_ID_BYTES).toString('hex');
  const key = { id, createdAt: toTimestamp(nowMs), secret: randomBytes(SECRET_BYTES).toString('base64url') };
  return JSON.stringify({ format: FORMAT, current: id, keys: [key] }, undefined, 2);
}

/**
 * HKDF-SHA-256 (RFC 5869) without salt, because the secret is random; each part of the context has its length in front.
 */
function derive(secret: Buffer, context: readonly string[]): Buffer {
  const info = [DERIVATION, ...context].flatMap((part) => {
    const bytes = Buffer.from(part);
    return [Buffer.of(bytes.length), bytes];
  });
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), Buffer.concat(info), SECRET_BYTES));
}
