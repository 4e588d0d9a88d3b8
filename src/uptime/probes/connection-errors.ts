/** Longest error text that is recorded; what is longer is cut. */
const LONGEST_ERROR = 200;

type Describe = (endpoint: string) => string;

/** What the codes of Node's sockets, of its TLS and of undici mean to a person. */
const MEANINGS: Readonly<Record<string, Describe>> = {
  ECONNREFUSED: (endpoint) => `connection refused by ${endpoint}`,
  ECONNRESET: (endpoint) => `connection closed by ${endpoint} before it had answered`,
  EPIPE: (endpoint) => `connection closed by ${endpoint} before it had answered`,
  UND_ERR_SOCKET: (endpoint) => `connection closed by ${endpoint} before it had answered`,
  ENOTFOUND: (endpoint) => `no address found for ${endpoint}`,
  EAI_AGAIN: (endpoint) => `no address found for ${endpoint}: the name service does not answer`,
  EHOSTUNREACH: (endpoint) => `${endpoint} cannot be reached`,
  ENETUNREACH: (endpoint) => `${endpoint} cannot be reached`,
  ETIMEDOUT: (endpoint) => `no connection to ${endpoint}: it does not answer`,
  UND_ERR_CONNECT_TIMEOUT: (endpoint) => `no connection to ${endpoint}: it does not answer`,
  UND_ERR_HEADERS_OVERFLOW: (endpoint) => `${endpoint} answered with headers that are too large`,
  CERT_HAS_EXPIRED: (endpoint) => `the certificate of ${endpoint} has expired`,
  ERR_TLS_CERT_ALTNAME_INVALID: (endpoint) => `the certificate of ${endpoint} is for another name`,
  DEPTH_ZERO_SELF_SIGNED_CERT: (endpoint) => `the certificate of ${endpoint} is signed by itself`,
  SELF_SIGNED_CERT_IN_CHAIN: (endpoint) => `the certificate of ${endpoint} comes from an authority that is not known`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: (endpoint) => `the certificate of ${endpoint} comes from an authority that is not known`,
  ERR_SSL_WRONG_VERSION_NUMBER: (endpoint) => `${endpoint} does not speak TLS`,
  EPROTO: (endpoint) => `${endpoint} does not speak TLS`,
};

/**
 * Says what went wrong with a connection, for a person: never with the credentials, path or query of the target's URL.
 *
 * @param endpoint `host:port`, as {@link endpointOf} gives it
 */
export function describeConnectionError(error: unknown, endpoint: string): string {
  const code = codeOf(error);
  const describe = MEANINGS[code];
  if (describe) return describe(endpoint);
  if (code.startsWith('HPE_')) return `${endpoint} answered something that is not HTTP`;
  return shorten(`the connection to ${endpoint} failed${code === '' ? '' : ` (${code})`}`);
}

/** The `code` that errors of Node and of its libraries carry; empty where there is none. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // undici's parser gives a code only where it has more to say than that.
  return 'name' in error && error.name === 'HTTPParserError' ? 'HPE_' : '';
}

/** `host:port` of a URL, the port also where it is the scheme's own. */
export function endpointOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' || protocol === 'wss:' ? '443' : '80')}`;
}

export function shorten(text: string): string {
  return text.length <= LONGEST_ERROR ? text : `${text.slice(0, LONGEST_ERROR - 1)}…`;
}
