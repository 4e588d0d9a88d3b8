const DATABASE_URL =
  /^(?:(?:kurrentdb|kurrent|kdb|esdb)(?:\+discover)?|postgres|postgresql|mysql|rediss?|mongodb|mongodb\+srv):\/\/(?:[^@/?#\s]*@)?(?<hosts>[^@/?#\s]+)(?:[/?#]|$)/;
const KURRENTDB_URL = /^(?:kurrentdb|kurrent|kdb|esdb)(?:\+discover)?:\/\/[^/?]+/;

export const DATABASE_URL_EXPECTED =
  'a URL beginning with kurrentdb://, kurrentdb+discover://, postgres://, postgresql://, mysql://, redis://, rediss://, mongodb:// or mongodb+srv://, with a host, and with user and password percent-encoded where it has them';

/**
 * Whether a string is the URL of a database that can be probed. It may name several hosts, which `URL` cannot parse.
 */
export function isDatabaseUrl(text: string): boolean {
  const hosts = DATABASE_URL.exec(text)?.groups?.hosts?.split(',') ?? [''];
  return hosts.every((host) => URL.canParse(`tcp://${host}`) && new URL(`tcp://${host}`).hostname !== '');
}

/** Whether a string is a KurrentDB connection string. */
export function isKurrentDBUrl(text: string): boolean {
  return KURRENTDB_URL.test(text);
}

/** What a URL of these protocols (such as `http:`) must be, for {@link isUrlOf}. */
export function urlExpected(protocols: readonly string[]): string {
  return `a URL beginning with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
}

export function isUrlOf(protocols: readonly string[], text: string): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}

/** Whether a string is the origin of a web page, as its browser sends it: `https://app.example.org:8443`. */
export function isWebOrigin(text: string): boolean {
  return isUrlOf(['http:', 'https:'], text) && new URL(text).origin === text && !text.includes('*');
}

export const CREDENTIALS_EXPECTED = 'a URL of which user and password are percent-encoded: write a % in them as %25';

/** Whether user and password of a URL, where it has them, can be sent. @param text a URL */
export function hasReadableCredentials(text: string): boolean {
  const { username, password } = new URL(text);
  try {
    decodeURIComponent(username);
    decodeURIComponent(password);
    return true;
  } catch {
    return false;
  }
}
