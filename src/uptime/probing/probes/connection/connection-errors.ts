import { hasDescriptor } from '../../../../common/error-code.js';
import { truncate as truncateText } from '../../../../common/text.js';

/** Limit of recorded errors; longer ones are truncated. */
const MAX_ERROR_LENGTH = 200;

type Describe = (hostPort: string) => string;

const refused: Describe = (hostPort) => `connection refused by ${hostPort}`;
const closed: Describe = (hostPort) => `connection closed by ${hostPort} before a response`;
const unreachable: Describe = (hostPort) => `${hostPort} is unreachable`;
const unknownAuthority: Describe = (hostPort) => `the certificate of ${hostPort} is signed by an unknown authority`;
const noTls: Describe = (hostPort) => `${hostPort} does not speak TLS`;
const noResources: Describe = (hostPort) => `out of local resources for a connection to ${hostPort}`;
const forbidden: Describe = (hostPort) => `the local system does not permit a connection to ${hostPort}`;

/** Descriptions of the error codes of Node's sockets, TLS and HTTP parser. */
const DESCRIPTIONS: Readonly<Record<string, Describe>> = {
  ECONNREFUSED: refused,
  ECONNRESET: closed,
  EPIPE: closed,
  ENOTFOUND: (hostPort) => `no address found for ${hostPort}`,
  EAI_AGAIN: (hostPort) => `no address found for ${hostPort}: the DNS server did not respond`,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EADDRNOTAVAIL: unreachable,
  ETIMEDOUT: (hostPort) => `connection to ${hostPort} timed out`,
  EMFILE: noResources,
  ENFILE: noResources,
  ENOBUFS: noResources,
  ENOMEM: noResources,
  EACCES: forbidden,
  EPERM: forbidden,
  HPE_HEADER_OVERFLOW: (hostPort) => `the response headers of ${hostPort} are too large`,
  CERT_HAS_EXPIRED: (hostPort) => `the certificate of ${hostPort} has expired`,
  CERT_NOT_YET_VALID: (hostPort) => `the certificate of ${hostPort} is not valid yet`,
  CERT_REVOKED: (hostPort) => `the certificate of ${hostPort} has been revoked`,
  ERR_TLS_CERT_ALTNAME_INVALID: (hostPort) => `the certificate of ${hostPort} is issued for another name`,
  DEPTH_ZERO_SELF_SIGNED_CERT: (hostPort) => `the certificate of ${hostPort} is self-signed`,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  EPROTO: noTls,
};

/**
 * A failure of the target, detected by the probe. The message is human-readable, without credentials, path or query.
 */
export class ProbeFailure extends Error {
  readonly type = 'probe-failure';
  override readonly name = 'ProbeFailure';
}

/** This process lacked something: nothing is known of the target. */
export class LocalShortage extends ProbeFailure {}

/** Whether a probe failed because this process lacks descriptors or memory, which says nothing of its target. */
export function isLocalShortage(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  // A resolver without a socket reports that no server has answered.
  return (
    error instanceof LocalShortage || DESCRIPTIONS[code] === noResources || (code === 'EAI_AGAIN' && !hasDescriptor())
  );
}

/** Codes of Node's programming errors, such as invalid arguments. */
const PROGRAMMING_ERRORS = /^$|^ERR_(?!SSL_|TLS_)/;

/** Whether an error is caused by the target or the network instead of a bug in the probe. */
export function isTargetFailure(error: unknown): boolean {
  return error instanceof ProbeFailure || !PROGRAMMING_ERRORS.test(codeOf(error) ?? '');
}

/**
 * Human-readable description of a connection error, without the credentials, path or query of the target's URL.
 *
 * @param hostPort `host:port`
 */
export function describeConnectionError(error: unknown, hostPort: string): string {
  if (error instanceof ProbeFailure) return truncate(error.message);
  const code = codeOf(error) ?? '';
  return (
    describeCode(code, hostPort) ?? truncate(`the connection to ${hostPort} failed${code === '' ? '' : ` (${code})`}`)
  );
}

/** As {@link describeConnectionError}, for an error code. @returns undefined for an unknown code */
export function describeCode(code: string, hostPort: string): string | undefined {
  const describe = DESCRIPTIONS[code];
  if (describe) return describe(hostPort);
  if (code.startsWith('HPE_')) return `the response of ${hostPort} is not HTTP`;
  return code.startsWith('ERR_SSL_') ? truncate(`TLS with ${hostPort} failed: ${tlsReason(code)}`) : undefined;
}

/** Whether the peer closed or reset the connection. */
export function isConnectionClosed(error: unknown): boolean {
  return DESCRIPTIONS[codeOf(error) ?? ''] === closed;
}

/** `certificate required` for `ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED`. */
function tlsReason(code: string): string {
  return code
    .replace(/^ERR_SSL_((SSL|TLS)V\d+_)?(ALERT_)?/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
}

/** The `code` of an error of Node, its libraries or a driver, if it is a string. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

export function truncate(text: string, maxLength = MAX_ERROR_LENGTH): string {
  return truncateText(text, maxLength);
}
