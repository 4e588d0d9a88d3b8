import { type TLSSocket } from 'node:tls';
import { type TlsRules } from '../../../domain/index.js';
import { describeCode, shorten } from './connection-errors.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What the certificate that a target showed is worth. */
export interface CertificateCheck {
  /** In milliseconds since 1970; absent where no certificate was shown. */
  readonly endsAt?: number;
  /** Why it will not do. */
  readonly error?: string;
  /** Why it soon will not do. */
  readonly warning?: string;
}

/**
 * Judges the certificate of a connection whose handshake is over.
 *
 * @param socket made without `rejectUnauthorized`: the end of a certificate is told of one that is refused too
 * @param now in milliseconds since 1970
 */
export function checkCertificate(socket: TLSSocket, rules: TlsRules, endpoint: string, now: number): CertificateCheck {
  const certificate = socket.getPeerX509Certificate();
  const endsAt = certificate === undefined ? undefined : Date.parse(certificate.validTo);
  return { ...(endsAt === undefined ? {} : { endsAt }), ...findFault(socket, rules, endpoint, endsAt, now) };
}

function findFault(
  socket: TLSSocket,
  { verify, certificate: { degradedBelowDays = -Infinity, downBelowDays = -Infinity } }: TlsRules,
  endpoint: string,
  endsAt: number | undefined,
  now: number,
): Pick<CertificateCheck, 'error' | 'warning'> {
  if (verify && !socket.authorized) return { error: describeRefusal(String(socket.authorizationError), endpoint) };
  if (endsAt === undefined) return {};
  const left = endsAt - now;
  if (left < downBelowDays * DAY_MS) return { error: describeEnd(left, endpoint) };
  if (left < degradedBelowDays * DAY_MS) return { warning: describeEnd(left, endpoint) };
  return {};
}

/** @param code of OpenSSL, for what is wrong with the certificate or the chain that it came with */
function describeRefusal(code: string, endpoint: string): string {
  return describeCode(code, endpoint) ?? shorten(`the certificate of ${endpoint} is not valid (${code})`);
}

function describeEnd(left: number, endpoint: string): string {
  if (left < 0) return `the certificate of ${endpoint} has expired`;
  const days = Math.floor(left / DAY_MS);
  return `the certificate of ${endpoint} ends in ${days === 0 ? 'less than a day' : days === 1 ? '1 day' : `${days} days`}`;
}
