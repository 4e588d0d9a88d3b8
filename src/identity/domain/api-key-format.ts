/** What every API key begins with: tells it from a token, and lets scanners of code find one that leaked. */
export const API_KEY_TOKEN_PREFIX = 'pps_';
/** Letters and digits that name a key: 36^12 values. */
export const KEY_ID_LENGTH = 12;
/** Bytes of chance in a key's secret. */
export const KEY_SECRET_BYTES = 32;

/** `pps_{keyId}_{secret}`; the lengths are fixed, as base64url has a `_` of its own. */
const API_KEY_TEXT = /^pps_(?<keyId>[0-9a-z]{12})_(?<secret>[\w-]{43})$/;
const API_KEY_NAME = /^[a-z0-9-]{1,64}$/;

export interface ApiKeyParts {
  readonly keyId: string;
  /** As it was written: 32 bytes in base64url. */
  readonly secret: string;
}

/** The parts of an API key; undefined for what has not the form of one. */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  const groups = API_KEY_TEXT.exec(text)?.groups;
  return groups?.keyId && groups.secret ? { keyId: groups.keyId, secret: groups.secret } : undefined;
}

export function formatApiKey({ keyId, secret }: ApiKeyParts): string {
  return `${API_KEY_TOKEN_PREFIX}${keyId}_${secret}`;
}

/** Whether a text may name an API key: at most 64 lower-case letters, digits and `-`. */
export function isApiKeyName(text: string): boolean {
  return API_KEY_NAME.test(text);
}
