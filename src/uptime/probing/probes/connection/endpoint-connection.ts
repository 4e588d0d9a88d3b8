import { isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { type TlsRules } from '../../../domain/index.js';

/** The remote end of a connection. */
export interface Endpoint {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** `host:port`, as used in errors. */
  readonly hostPort: string;
  /** Absent: plain TCP. */
  readonly tls?: {
    readonly rules: TlsRules;
    /** Name to request by SNI and to verify the certificate for, if it is not the host. */
    readonly serverName?: string;
    /** Protocols to offer by ALPN. */
    readonly protocols?: readonly string[];
  };
}

let sharedContext: SecureContext | undefined;

/** Starts TLS over a connected socket; the outcome is emitted as events of the returned one. */
export function startTls(socket: Socket, host: string, tls: NonNullable<Endpoint['tls']>): TLSSocket {
  const serverName = tls.serverName ?? host;
  // Creating a context takes longer than a handshake.
  sharedContext ??= createSecureContext();
  return connectTls({
    socket,
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(tls.protocols ? { ALPNProtocols: [...tls.protocols] } : {}),
    secureContext: sharedContext,
    // checkCertificate rejects it after the handshake and before anything is sent, so that its expiry is reported too.
    rejectUnauthorized: false,
  });
}
