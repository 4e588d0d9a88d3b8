/** Longest error text that is recorded; what is longer is cut. */
const MAX_ERROR_LENGTH = 200;

type Describe = (endpoint: string) => string;

const refused: Describe = (endpoint) => `connection refused by ${endpoint}`;
const closed: Describe = (endpoint) => `connection closed by ${endpoint} before it had answered`;
const unreachable: Describe = (endpoint) => `${endpoint} cannot be reached`;
const silent: Describe = (endpoint) => `no connection to ${endpoint}: it does not answer`;
const unknownAuthority: Describe = (endpoint) =>
  `the certificate of ${endpoint} comes from an authority that is not known`;
const noTls: Describe = (endpoint) => `${endpoint} does not speak TLS`;
const unable: Describe = (endpoint) => `this machine has no room for a connection to ${endpoint}`;
const forbidden: Describe = (endpoint) => `this machine does not allow a connection to ${endpoint}`;

/** What the codes of Node's sockets, of its TLS and of its HTTP parser mean to a person. */
const MEANINGS: Readonly<Record<string, Describe>> = {
  ECONNREFUSED: refused,
  ECONNRESET: closed,
  EPIPE: closed,
  ENOTFOUND: (endpoint) => `no address found for ${endpoint}`,
  EAI_AGAIN: (endpoint) => `no address found for ${endpoint}: the name service does not answer`,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EADDRNOTAVAIL: unreachable,
  ETIMEDOUT: silent,
  EMFILE: unable,
  ENFILE: unable,
  ENOBUFS: unable,
  ENOMEM: unable,
  EACCES: forbidden,
  EPERM: forbidden,
  HPE_HEADER_OVERFLOW: (endpoint) => `${endpoint} answered with headers that are too large`,
  CERT_HAS_EXPIRED: (endpoint) => `the certificate of ${endpoint} has expired`,
  CERT_NOT_YET_VALID: (endpoint) => `the certificate of ${endpoint} is not valid yet`,
  CERT_REVOKED: (endpoint) => `the certificate of ${endpoint} has been revoked`,
  ERR_TLS_CERT_ALTNAME_INVALID: (endpoint) => `the certificate of ${endpoint} is for another name`,
  DEPTH_ZERO_SELF_SIGNED_CERT: (endpoint) => `the certificate of ${endpoint} is signed by itself`,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  EPROTO: noTls,
};

/** What a target did wrong, found by the probe itself; the message is for a person and holds no credentials, path or query. */
export class ProbeFailure extends Error {
  readonly type = 'probe-failure';
  override readonly name = 'ProbeFailure';
}

/** Codes that Node gives to mistakes of the program that uses it. */
const MISTAKES = /^$|^ERR_(?!SSL_|TLS_)/;

/** Whether an error comes from the target or the way to it, and not from a mistake of the probe. */
export function isOfTheTarget(error: unknown): boolean {
  return error instanceof ProbeFailure || !MISTAKES.test(codeOf(error) ?? '');
}

/**
 * Says what went wrong with a connection, for a person: never with the credentials, path or query of the target's URL.
 *
 * @param endpoint `host:port`
 */
export function describeConnectionError(error: unknown, endpoint: string): string {
  if (error instanceof ProbeFailure) return shorten(error.message);
  const code = codeOf(error) ?? '';
  return (
    describeCode(code, endpoint) ?? shorten(`the connection to ${endpoint} failed${code === '' ? '' : ` (${code})`}`)
  );
}

/** As {@link describeConnectionError}, of the code alone. @returns undefined where its meaning is not known */
export function describeCode(code: string, endpoint: string): string | undefined {
  const describe = MEANINGS[code];
  if (describe) return describe(endpoint);
  if (code.startsWith('HPE_')) return `${endpoint} answered something that is not HTTP`;
  return code.startsWith('ERR_SSL_') ? shorten(`TLS with ${endpoint} failed: ${reasonOfTls(code)}`) : undefined;
}

/** Whether the other side closed the connection, or it was cut. */
export function isClosing(error: unknown): boolean {
  return MEANINGS[codeOf(error) ?? ''] === closed;
}

/** `ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED`: certificate required. */
function reasonOfTls(code: string): string {
  return code
    .replace(/^ERR_SSL_((SSL|TLS)V\d+_)?(ALERT_)?/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
}

/** The `code` that errors of Node, of its libraries and of drivers carry; undefined where there is none, or it is no text. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** A text that is no longer than this, its end left out where it was. */
export function shorten(text: string, longest = MAX_ERROR_LENGTH): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
