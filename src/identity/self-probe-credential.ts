import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type AuthenticatedCaller } from '../event-store/domain/index.js';

const SECRET_BYTES = 32;
/** No token begins so: those are base64 of a JSON object (`eyJ…`). */
const PREFIX = 'own-';

/**
 * What this process proves to itself that it is itself, when it probes its own endpoints. Made by chance at start, kept in memory, sent
 * over loopback to no one else.
 */
export class SelfProbeCredential {
  readonly #token = `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`;
  readonly #bytes = Buffer.from(this.#token);
  readonly caller: AuthenticatedCaller = { kind: 'known', id: 'system', roles: new Set(['user', 'system']) };

  /** For the header `Authorization`. */
  get authorization(): string {
    return `Bearer ${this.#token}`;
  }

  matches(token: string): boolean {
    if (!token.startsWith(PREFIX)) return false;
    const given = Buffer.from(token);
    return given.length === this.#bytes.length && timingSafeEqual(given, this.#bytes);
  }
}
