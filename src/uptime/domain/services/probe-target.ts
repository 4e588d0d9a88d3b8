/**
 * What a service probes and which responses it accepts, by kind. Durations in milliseconds; secrets are already
 * resolved.
 */
export type ProbeTarget = HttpTarget | WebSocketTarget | DatabaseTarget | TcpTarget | PushTarget;

export const PROBE_KINDS = ['http', 'websocket', 'database', 'tcp', 'push'] as const;
export type ProbeKind = (typeof PROBE_KINDS)[number];

/** Status codes, both limits inclusive. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** Days that a certificate must still be valid. */
interface CertificateRules {
  /** With fewer days left, the service is `degraded`. */
  readonly degradedBelowDays?: number;
  /** With fewer days left, the service is `down`. */
  readonly downBelowDays?: number;
}

export interface TlsRules {
  /** Whether the certificate must be valid, issued for the host, and signed by a trusted authority. */
  readonly verify: boolean;
  readonly certificate: CertificateRules;
}

export interface HttpTarget {
  readonly kind: 'http';
  /** `http:` or `https:`; absent: `/livez` of this service. Credentials in it are sent as basic authentication. */
  readonly url?: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly acceptedStatuses: readonly StatusRange[];
  /** A string that the body must contain. */
  readonly bodyContains?: string;
  /** The expected value at a path of the JSON body, such as `$.checks[0].status`. */
  readonly jsonPath?: { readonly path: string; readonly equals: string | number | boolean | null };
  /** A response that takes longer is a failure, not just slow. */
  readonly responseTimeBelowMs?: number;
  /** Redirects to follow; 0: a redirect is treated like any other response. */
  readonly maxRedirects: number;
  /** Requests by HTTP/2, which a server of `https:` must choose by ALPN. */
  readonly http2?: boolean;
  readonly tls: TlsRules;
}

export interface WebSocketTarget {
  readonly kind: 'websocket';
  /** `ws:` or `wss:`; absent: the live feed of this service. */
  readonly url?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly subprotocol?: string;
  /** Sent after the pong. */
  readonly message?: string;
  /** A string that one of the following messages must contain. */
  readonly answerContains?: string;
  readonly tls: TlsRules;
}

export interface DatabaseTarget {
  readonly kind: 'database';
  /**
   * `kurrentdb:`, `kurrentdb+discover:`, `postgres:`, `postgresql:`, `mysql:`, `redis:`, `rediss:`, `mongodb:` or
   * `mongodb+srv:`; absent: the KurrentDB of this service.
   */
  readonly url?: string;
  /**
   * SQL, a Redis command, or a MongoDB command as JSON; absent: a minimal query such as `SELECT 1`. Not for KurrentDB.
   */
  readonly query?: string;
}

export interface TcpTarget {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
  /** Sent once connected. */
  readonly send?: string;
  /** A string that the received data must contain. */
  readonly answerContains?: string;
  /** Absent: plain TCP. */
  readonly tls?: TlsRules;
}

/** The service pushes reports about itself. */
export interface PushTarget {
  readonly kind: 'push';
  /** Bearer token that a report must present; absent: the caller needs the role admin or system. */
  readonly token?: string;
}

/** Verifies certificates, without requiring days left before expiry. */
export const DEFAULT_TLS_RULES: TlsRules = { verify: true, certificate: {} };

/** A GET request that expects any 2xx status. @param url as in {@link HttpTarget} */
export function httpTarget(url?: string): HttpTarget {
  return {
    kind: 'http',
    ...(url === undefined ? {} : { url }),
    method: 'GET',
    headers: {},
    acceptedStatuses: [{ from: 200, to: 299 }],
    maxRedirects: 0,
    tls: DEFAULT_TLS_RULES,
  };
}

/** A ping that expects a pong. @param url as in {@link WebSocketTarget} */
export function webSocketTarget(url?: string): WebSocketTarget {
  return { kind: 'websocket', ...(url === undefined ? {} : { url }), headers: {}, tls: DEFAULT_TLS_RULES };
}

/** @param url as in {@link DatabaseTarget} */
export function databaseTarget(url?: string): DatabaseTarget {
  return { kind: 'database', ...(url === undefined ? {} : { url }) };
}

/** Whether a string is an HTTP token (RFC 9110, 5.6.2): a header name, or a WebSocket subprotocol (RFC 6455, 4.1). */
export function isHttpToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/.test(text);
}

/** Whether a header controls the connection: the probe sets these itself. */
export function isConnectionHeader(name: string): boolean {
  return /^(?:connection|content-length|transfer-encoding|upgrade|sec-websocket-.*)$/i.test(name);
}
