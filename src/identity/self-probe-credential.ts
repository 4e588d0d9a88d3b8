import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type AuthenticatedCaller } from '../event-store/domain/index.js';

const SECRET_BYTES = 32;
/** No JWT has this prefix: JWTs begin with the base64 of a JSON object (`eyJ…`). */
const PREFIX = 'own-';

/**
 * Credential with which this process probes its own endpoints: random for each start, kept in memory, sent over
 * loopback to this process only.
 */
export class SelfProbeCredential {
  readonly #token = `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`;
  readonly #bytes = Buffer.from(this.#token);
  readonly caller: AuthenticatedCaller = { kind: 'known', id: 'system', roles: new Set(['user', 'system']) };

  get authorization(): string {
    return `Bearer ${this.#token}`;
  }

  matches(token: string): boolean {
    if (!token.startsWith(PREFIX)) return false;
    const given = Buffer.from(token);
    return given.length === this.#bytes.length && timingSafeEqual(given, this.#bytes);
  }
}
