import {
  API_KEY_PREFIX,
  isEvent,
  type AuthenticatedCaller,
  type RecordedEvent,
  type Role,
} from '../../event-store/domain/index.js';
import { ApiKeyCreated, ApiKeyRevoked } from './api-key-events.js';

/** State of an API key, from its events. Times are in milliseconds since 1970. */
export interface ApiKey {
  readonly keyId: string;
  readonly name: string;
  readonly hash: string;
  readonly roles: readonly Role[];
  readonly createdAt: number;
  readonly createdBy: string | undefined;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
}

export type ApiKeyState = 'active' | 'expired' | 'revoked';

/** All keys by id, also expired and revoked ones. */
export type ApiKeys = ReadonlyMap<string, ApiKey>;

/** Applies events; those of other types and malformed ones change nothing. */
export function evolveApiKeys(keys: ApiKeys, events: readonly RecordedEvent[]): ApiKeys {
  const evolved = new Map(keys);
  for (const event of events) {
    if (isEvent(event, ApiKeyCreated)) {
      const { createdAt, createdBy, expiresAt, ...rest } = event.data;
      evolved.set(rest.keyId, {
        ...rest,
        createdAt: Date.parse(createdAt),
        createdBy,
        expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt),
        revokedAt: undefined,
      });
    } else if (isEvent(event, ApiKeyRevoked)) {
      const key = evolved.get(event.data.keyId);
      if (key && key.revokedAt === undefined)
        evolved.set(key.keyId, { ...key, revokedAt: Date.parse(event.data.revokedAt) });
    }
  }
  return evolved;
}

/** @param now milliseconds since 1970 */
export function stateOf({ expiresAt, revokedAt }: ApiKey, now: number): ApiKeyState {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && expiresAt <= now ? 'expired' : 'active';
}

/** The key with this name that is not revoked. */
export function findByName(keys: ApiKeys, name: string): ApiKey | undefined {
  return [...keys.values()].find((key) => key.name === name && key.revokedAt === undefined);
}

/** Whether a key had this name and was revoked: permissions of streams may still name it. */
export function isRevokedName(keys: ApiKeys, name: string): boolean {
  return [...keys.values()].some((key) => key.name === name && key.revokedAt !== undefined);
}

export function callerOfKey({ name, roles, expiresAt }: ApiKey): AuthenticatedCaller {
  return {
    kind: 'known',
    id: `${API_KEY_PREFIX}${name}`,
    roles: new Set<Role>(['user', ...roles]),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
