import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { type TlsRules } from '../../../domain/index.js';

/** The other end of a connection. */
export interface Endpoint {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** How it is called in errors: `host:port`. */
  readonly endpoint: string;
  /** Absent: no TLS. */
  readonly tls?: EndpointTls;
}

export interface EndpointTls {
  readonly rules: TlsRules;
  /** The name that is asked for and that the certificate must be for, where it is not the host's. */
  readonly serverName?: string;
  /** Protocols offered within TLS (ALPN), where it matters. */
  readonly protocols?: readonly string[];
}

/**
 * Of a name with several addresses, each is waited for so long before the next one is tried as well. Node's own 250 ms are less than a
 * distant server takes, which then would be told down.
 */
const ADDRESS_TIMEOUT_MS = 1_000;

let sharedContext: SecureContext | undefined;

/** Begins a connection; the events of the socket tell what becomes of it. */
export function openConnection({ host, port, tls }: Endpoint): Socket {
  const options = { host, port, autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS };
  if (!tls) return connectTcp(options);
  const serverName = tls.serverName ?? host;
  // One context for all: to make one takes longer than a handshake.
  sharedContext ??= createSecureContext();
  return connectTls({
    ...options,
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(tls.protocols ? { ALPNProtocols: [...tls.protocols] } : {}),
    secureContext: sharedContext,
    // Judged when the handshake is over and before anything is sent, so that the end of a certificate that will not do is told too.
    rejectUnauthorized: false,
  });
}

export function isTls(socket: Socket): socket is TLSSocket {
  return socket instanceof TLSSocket;
}
