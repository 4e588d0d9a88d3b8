import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
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

/**
 * Time to wait for each address of a name before trying the next one as well. Node's default of 250 ms is less than the
 * round trip to a distant server, which would then be reported as down.
 */
const ADDRESS_TIMEOUT_MS = 1_000;

let sharedContext: SecureContext | undefined;

/** Starts to connect; the outcome is emitted as events of the socket. */
export function openConnection({ host, port, tls }: Endpoint): Socket {
  const options = { host, port, autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS };
  if (!tls) return connectTcp(options);
  const serverName = tls.serverName ?? host;
  // Creating a context takes longer than a handshake.
  sharedContext ??= createSecureContext();
  return connectTls({
    ...options,
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(tls.protocols ? { ALPNProtocols: [...tls.protocols] } : {}),
    secureContext: sharedContext,
    // checkCertificate rejects it after the handshake and before anything is sent, so that its expiry is reported too.
    rejectUnauthorized: false,
  });
}

export function isTls(socket: Socket): socket is TLSSocket {
  return socket instanceof TLSSocket;
}
