import { defineEvent, type Role, ROLES } from '../../event-store/domain/index.js';
import { isApiKeyName } from './api-key-format.js';

/** Where the API keys are recorded, for all replicas. */
export const API_KEYS_STREAM = 'system-api-keys';

/** A service was given a key. */
export interface ApiKeyCreated {
  readonly keyId: string;
  /** Of its holder; one key that is in use has a name at a time. */
  readonly name: string;
  /** SHA-256 of the secret, in base64url. */
  readonly hash: string;
  /** Beside `user`, which everyone is. */
  readonly roles: readonly Role[];
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly createdBy?: string;
  /** ISO 8601, UTC; for ever where absent. */
  readonly expiresAt?: string;
}

export const ApiKeyCreated = defineEvent<'ApiKeyCreated', ApiKeyCreated>({
  type: 'ApiKeyCreated',
  schemaVersion: 1,
  parse: (data) => {
    const { keyId, name, hash, roles, createdAt, createdBy, expiresAt } = data as Partial<ApiKeyCreated>;
    if (typeof keyId !== 'string' || typeof hash !== 'string') throw new Error('keyId and hash must be texts');
    if (typeof name !== 'string' || !isApiKeyName(name)) throw new Error('name must be the name of an API key');
    if (!Array.isArray(roles) || !roles.every(isRole)) throw new Error(`roles must be a list of ${ROLES.join(', ')}`);
    if (!isInstant(createdAt)) throw new Error('createdAt must be an instant');
    if (expiresAt !== undefined && !isInstant(expiresAt)) throw new Error('expiresAt must be an instant');
    if (createdBy !== undefined && typeof createdBy !== 'string') throw new Error('createdBy must be a text');
    return {
      keyId,
      name,
      hash,
      roles,
      createdAt,
      ...(createdBy === undefined ? {} : { createdBy }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
  },
});

/** A key is not accepted any more. */
export interface ApiKeyRevoked {
  readonly keyId: string;
  /** ISO 8601, UTC. */
  readonly revokedAt: string;
}

export const ApiKeyRevoked = defineEvent<'ApiKeyRevoked', ApiKeyRevoked>({
  type: 'ApiKeyRevoked',
  schemaVersion: 1,
  parse: (data) => {
    const { keyId, revokedAt } = data as Partial<ApiKeyRevoked>;
    if (typeof keyId !== 'string' || !isInstant(revokedAt))
      throw new Error('keyId must be a text, revokedAt an instant');
    return { keyId, revokedAt };
  },
});

function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

function isInstant(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
