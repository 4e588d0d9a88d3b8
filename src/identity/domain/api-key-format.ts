/** Prefix of every API key: distinguishes it from a JWT, and lets secret scanners find leaked keys. */
export const API_KEY_TOKEN_PREFIX = 'pps_';
/** Characters of a key id, from 36: 36^12 values. */
export const KEY_ID_LENGTH = 12;
export const KEY_SECRET_BYTES = 32;

/** `pps_{keyId}_{secret}`; the lengths are fixed, because base64url contains `_` too. */
const API_KEY_TEXT = /^pps_(?<keyId>[0-9a-z]{12})_(?<secret>[\w-]{43})$/;
const API_KEY_NAME = /^[a-z0-9-]{1,64}$/;

export interface ApiKeyParts {
  readonly keyId: string;
  /** 32 bytes in base64url. */
  readonly secret: string;
}

export function parseApiKey(text: string): ApiKeyParts | undefined {
  const groups = API_KEY_TEXT.exec(text)?.groups;
  return groups?.keyId && groups.secret ? { keyId: groups.keyId, secret: groups.secret } : undefined;
}

export function formatApiKey({ keyId, secret }: ApiKeyParts): string {
  return `${API_KEY_TOKEN_PREFIX}${keyId}_${secret}`;
}

export function isApiKeyName(text: string): boolean {
  return API_KEY_NAME.test(text);
}
