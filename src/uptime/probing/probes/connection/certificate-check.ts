import { type TLSSocket } from 'node:tls';
import { type TlsRules } from '../../../domain/index.js';
import { type ChainCertificate, earliestCertificate } from './certificate-chain.js';
import { describeCode, truncate } from './connection-errors.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Limit of the quoted name of an authority. */
const MAX_NAME_LENGTH = 64;

/** Result of checking a certificate; at most one of `error` and `warning` is set. */
interface CertificateCheck {
  /** The certificate of the chain that ends first; absent without one. */
  readonly earliest?: ChainCertificate;
  /** Why the certificate is rejected. */
  readonly error?: string;
  /** Why the certificate is accepted with the status `degraded`. */
  readonly warning?: string;
}

/**
 * Checks the certificate of a connection after its TLS handshake, with those that issued it.
 *
 * @param socket created with `rejectUnauthorized: false`, so that the expiry of a rejected certificate is available
 * @param now in milliseconds since 1970
 */
export function checkCertificate(socket: TLSSocket, rules: TlsRules, hostPort: string, now: number): CertificateCheck {
  const earliest = earliestCertificate(socket);
  return { ...(earliest === undefined ? {} : { earliest }), ...findProblem(socket, rules, hostPort, earliest, now) };
}

function findProblem(
  socket: TLSSocket,
  { verify, certificate: { degradedBelowDays = -Infinity, downBelowDays = -Infinity } }: TlsRules,
  hostPort: string,
  earliest: ChainCertificate | undefined,
  now: number,
): Pick<CertificateCheck, 'error' | 'warning'> {
  if (verify && !socket.authorized) {
    const code = String(socket.authorizationError);
    const isExpired = code === 'CERT_HAS_EXPIRED' && earliest !== undefined && earliest.endsAt < now;
    return { error: isExpired ? describeExpiry(earliest, now, hostPort) : describeRejection(code, hostPort) };
  }
  if (earliest === undefined) return {};
  const remainingMs = earliest.endsAt - now;
  if (remainingMs < downBelowDays * DAY_MS) return { error: describeExpiry(earliest, now, hostPort) };
  if (remainingMs < degradedBelowDays * DAY_MS) return { warning: describeExpiry(earliest, now, hostPort) };
  return {};
}

/** @param code OpenSSL's verification error of the certificate or its chain */
function describeRejection(code: string, hostPort: string): string {
  return describeCode(code, hostPort) ?? truncate(`the certificate of ${hostPort} is not valid (${code})`);
}

function describeExpiry({ name, endsAt, isLeaf }: ChainCertificate, now: number, hostPort: string): string {
  const certificate = isLeaf
    ? `the certificate of ${hostPort}`
    : `the certificate of the authority '${truncate(name, MAX_NAME_LENGTH)}' in the chain of ${hostPort}`;
  const remainingMs = endsAt - now;
  if (remainingMs < 0) return `${certificate} has expired`;
  const days = Math.floor(remainingMs / DAY_MS);
  const time = days === 0 ? 'less than a day' : days === 1 ? '1 day' : `${days} days`;
  return `${certificate} expires in ${time}`;
}
