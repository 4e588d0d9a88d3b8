import { array, object, oneOf, optional, string, stringThat, timestamp } from '../../common/parse.js';
import { defineEvent, type EventDataOf, ROLES } from '../../event-store/domain/index.js';
import { isApiKeyName } from './api-key-format.js';

/** Stream of the events of all API keys. */
export const API_KEYS_STREAM = 'system-api-keys';

/** Times: ISO 8601, UTC. */
export const ApiKeyCreated = defineEvent({
  type: 'ApiKeyCreated',
  parse: object({
    keyId: string,
    /** Name of the service. A name is given once; earlier versions gave it again after a revocation. */
    name: stringThat("an API key name: at most 64 lower-case letters, digits and '-'", isApiKeyName),
    /** SHA-256 of the secret, in base64url. */
    hash: string,
    /** In addition to `user`. */
    roles: array(oneOf(ROLES)),
    createdAt: timestamp,
    createdBy: optional(string),
    /** The key does not expire if this is absent. */
    expiresAt: optional(timestamp),
  }),
});
export type ApiKeyCreated = EventDataOf<typeof ApiKeyCreated>;

export const ApiKeyRevoked = defineEvent({
  type: 'ApiKeyRevoked',
  parse: object({ keyId: string, revokedAt: timestamp }),
});
export type ApiKeyRevoked = EventDataOf<typeof ApiKeyRevoked>;
