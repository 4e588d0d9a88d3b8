import { type TLSSocket } from 'node:tls';
import { type TlsRules } from '../../../domain/index.js';
import { describeCode, truncate } from './connection-errors.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Result of checking a certificate; at most one of `error` and `warning` is set. */
interface CertificateCheck {
  /** Expiry in milliseconds since 1970; absent without a certificate. */
  readonly endsAt?: number;
  /** Why the certificate is rejected. */
  readonly error?: string;
  /** Why the certificate is accepted with the status `degraded`. */
  readonly warning?: string;
}

/**
 * Checks the certificate of a connection after its TLS handshake.
 *
 * @param socket created with `rejectUnauthorized: false`, so that the expiry of a rejected certificate is available
 * @param now in milliseconds since 1970
 */
export function checkCertificate(socket: TLSSocket, rules: TlsRules, hostPort: string, now: number): CertificateCheck {
  const certificate = socket.getPeerX509Certificate();
  const endsAt = certificate === undefined ? undefined : Date.parse(certificate.validTo);
  return { ...(endsAt === undefined ? {} : { endsAt }), ...findProblem(socket, rules, hostPort, endsAt, now) };
}

function findProblem(
  socket: TLSSocket,
  { verify, certificate: { degradedBelowDays = -Infinity, downBelowDays = -Infinity } }: TlsRules,
  hostPort: string,
  endsAt: number | undefined,
  now: number,
): Pick<CertificateCheck, 'error' | 'warning'> {
  if (verify && !socket.authorized) return { error: describeRejection(String(socket.authorizationError), hostPort) };
  if (endsAt === undefined) return {};
  const remainingMs = endsAt - now;
  if (remainingMs < downBelowDays * DAY_MS) return { error: describeExpiry(remainingMs, hostPort) };
  if (remainingMs < degradedBelowDays * DAY_MS) return { warning: describeExpiry(remainingMs, hostPort) };
  return {};
}

/** @param code OpenSSL's verification error of the certificate or its chain */
function describeRejection(code: string, hostPort: string): string {
  return describeCode(code, hostPort) ?? truncate(`the certificate of ${hostPort} is not valid (${code})`);
}

function describeExpiry(remainingMs: number, hostPort: string): string {
  if (remainingMs < 0) return `the certificate of ${hostPort} has expired`;
  const days = Math.floor(remainingMs / DAY_MS);
  const time = days === 0 ? 'less than a day' : days === 1 ? '1 day' : `${days} days`;
  return `the certificate of ${hostPort} expires in ${time}`;
}
