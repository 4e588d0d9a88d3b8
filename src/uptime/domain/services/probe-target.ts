/** What is probed, and what counts as a good answer: one shape for each kind. Durations in milliseconds; secrets are filled in already. */
export type ProbeTarget = HttpTarget | WebSocketTarget | DatabaseTarget | TcpTarget | PushTarget;

export const PROBE_KINDS = ['http', 'websocket', 'database', 'tcp', 'push'] as const;
export type ProbeKind = (typeof PROBE_KINDS)[number];

/** Status codes from and to, both included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** How many days a certificate must still be valid. */
export interface CertificateRules {
  /** Fewer days left: `degraded`. */
  readonly degradedBelowDays?: number;
  /** Fewer days left: `down`. */
  readonly downBelowDays?: number;
}

export interface TlsRules {
  /** Whether the certificate must be valid, for the host, and from an authority that this machine knows. */
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
  /** A text that the body must hold. */
  readonly bodyContains?: string;
  /** A value of the JSON body, and what it must equal; `path` like `$.checks[0].status`. */
  readonly jsonPath?: { readonly path: string; readonly equals: string | number | boolean | null };
  /** An answer that takes longer is a failure, not only slow. */
  readonly responseTimeBelowMs?: number;
  /** How many redirects are followed; 0: a redirect is an answer as any other. */
  readonly maxRedirects: number;
  readonly tls: TlsRules;
}

export interface WebSocketTarget {
  readonly kind: 'websocket';
  /** `ws:` or `wss:`; absent: the live feed of this service. */
  readonly url?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly subprotocol?: string;
  /** Sent after the ping has been answered. */
  readonly message?: string;
  /** A text that one of the messages that follow must hold. */
  readonly answerContains?: string;
  readonly tls: TlsRules;
}

export interface DatabaseTarget {
  readonly kind: 'database';
  /** `kurrentdb:`, `kurrentdb+discover:`, `postgres:`, `postgresql:`, `mysql:`, `redis:`, `rediss:`, `mongodb:` or `mongodb+srv:`; absent: the KurrentDB in use. */
  readonly url?: string;
  /** SQL, a Redis command, or a MongoDB command as JSON; absent: the cheapest question that proves the database answers. Not for KurrentDB. */
  readonly query?: string;
}

export interface TcpTarget {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
  /** Sent once connected. */
  readonly send?: string;
  /** A text that what comes back must hold. */
  readonly answerContains?: string;
  /** Absent: no TLS. */
  readonly tls?: TlsRules;
}

/** The service reports in by itself. */
export interface PushTarget {
  readonly kind: 'push';
  /** What a report must show, as `Authorization: Bearer …`; absent: a role or API key that may. */
  readonly token?: string;
}

/** A certificate is checked, and its end is of no concern before it has come. */
export const DEFAULT_TLS_RULES: TlsRules = { verify: true, certificate: {} };

/** A GET that any 2xx answers. @param url as in {@link HttpTarget} */
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

/** A ping that its pong answers. @param url as in {@link WebSocketTarget} */
export function webSocketTarget(url?: string): WebSocketTarget {
  return { kind: 'websocket', ...(url === undefined ? {} : { url }), headers: {}, tls: DEFAULT_TLS_RULES };
}

/** @param url as in {@link DatabaseTarget} */
export function databaseTarget(url?: string): DatabaseTarget {
  return { kind: 'database', ...(url === undefined ? {} : { url }) };
}
