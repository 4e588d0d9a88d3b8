import { array, object, oneOf, optional, parseData, string, stringThat, timestamp } from '../../common/parse.js';
import { defineEvent, type Role, ROLES } from '../../event-store/domain/index.js';
import { isApiKeyName } from './api-key-format.js';

/** Stream of the events of all API keys. */
export const API_KEYS_STREAM = 'system-api-keys';

export interface ApiKeyCreated {
  readonly keyId: string;
  /** Name of the service; unique among the keys that are not revoked. */
  readonly name: string;
  /** SHA-256 of the secret, in base64url. */
  readonly hash: string;
  /** In addition to `user`. */
  readonly roles: readonly Role[];
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly createdBy?: string;
  /** ISO 8601, UTC; the key does not expire if this is absent. */
  readonly expiresAt?: string;
}

const apiKeyCreated = object({
  keyId: string,
  name: stringThat("an API key name: at most 64 lower-case letters, digits and '-'", isApiKeyName),
  hash: string,
  roles: array(oneOf(ROLES)),
  createdAt: timestamp,
  createdBy: optional(string),
  expiresAt: optional(timestamp),
});

export const ApiKeyCreated = defineEvent<'ApiKeyCreated', ApiKeyCreated>({
  type: 'ApiKeyCreated',
  schemaVersion: 1,
  parse: (data) => parseData(apiKeyCreated, data),
});

export interface ApiKeyRevoked {
  readonly keyId: string;
  /** ISO 8601, UTC. */
  readonly revokedAt: string;
}

export const ApiKeyRevoked = defineEvent<'ApiKeyRevoked', ApiKeyRevoked>({
  type: 'ApiKeyRevoked',
  schemaVersion: 1,
  parse: (data) => parseData(object({ keyId: string, revokedAt: timestamp }), data),
});
