type Describe = (hostPort: string) => string;

interface Stage {
  /** Error if the probe times out in this stage. */
  readonly timedOut: Describe;
  /** Error if the peer closes the connection in this stage. */
  readonly closed: Describe;
}

const closedBeforeResponse: Describe = (hostPort) => `connection closed by ${hostPort} before a response`;

/** What a probe waits for, in this order. */
export const STAGES = {
  dns: { timedOut: (hostPort) => `the DNS lookup of ${hostPort} did not finish`, closed: closedBeforeResponse },
  connect: { timedOut: (hostPort) => `${hostPort} did not accept the connection`, closed: closedBeforeResponse },
  tls: {
    timedOut: (hostPort) => `${hostPort} did not finish the TLS handshake`,
    closed: (hostPort) => `connection closed by ${hostPort} within the TLS handshake`,
  },
  firstByte: {
    timedOut: (hostPort) => `${hostPort} accepted the connection but did not respond`,
    closed: closedBeforeResponse,
  },
  headers: {
    timedOut: (hostPort) => `${hostPort} did not finish the response headers`,
    closed: (hostPort) => `connection closed by ${hostPort} within the response headers`,
  },
  body: {
    timedOut: (hostPort) => `${hostPort} did not finish the response body`,
    closed: (hostPort) => `connection closed by ${hostPort} within the response body`,
  },
  pong: {
    timedOut: (hostPort) => `${hostPort} did not send a pong`,
    closed: (hostPort) => `connection closed by ${hostPort} before a pong`,
  },
  expectedText: {
    timedOut: (hostPort) => `${hostPort} did not send the expected text`,
    closed: (hostPort) => `connection closed by ${hostPort} before the expected text`,
  },
} as const satisfies Readonly<Record<string, Stage>>;

export type ProbeStage = keyof typeof STAGES;
