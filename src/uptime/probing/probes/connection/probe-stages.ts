type Describe = (endpoint: string) => string;

/** Something a probe waits for. */
interface Stage {
  /** It has not come when the probe's time is over. */
  readonly timedOut: Describe;
  /** The other side closed the connection instead. */
  readonly closed: Describe;
}

const closedBeforeAnswer: Describe = (endpoint) => `connection closed by ${endpoint} before it had answered`;

/** What a probe waits for, one after the other. */
export const STAGES = {
  address: { timedOut: (endpoint) => `the name service has no answer for ${endpoint} yet`, closed: closedBeforeAnswer },
  connection: {
    timedOut: (endpoint) => `no connection to ${endpoint}: it does not answer`,
    closed: closedBeforeAnswer,
  },
  tls: {
    timedOut: (endpoint) => `${endpoint} does not finish the TLS handshake`,
    closed: (endpoint) => `connection closed by ${endpoint} within the TLS handshake`,
  },
  answer: {
    timedOut: (endpoint) => `${endpoint} takes the connection and has not begun to answer`,
    closed: closedBeforeAnswer,
  },
  headers: {
    timedOut: (endpoint) => `${endpoint} has not finished the headers of its answer`,
    closed: (endpoint) => `connection closed by ${endpoint} within the headers of its answer`,
  },
  body: {
    timedOut: (endpoint) => `${endpoint} has not finished the body of its answer`,
    closed: (endpoint) => `connection closed by ${endpoint} within the body of its answer`,
  },
  pong: {
    timedOut: (endpoint) => `${endpoint} has not answered the ping`,
    closed: (endpoint) => `connection closed by ${endpoint} before it had answered the ping`,
  },
  text: {
    timedOut: (endpoint) => `${endpoint} has not sent the text that it should`,
    closed: (endpoint) => `connection closed by ${endpoint} before it had sent the text that it should`,
  },
} as const satisfies Readonly<Record<string, Stage>>;

export type ProbeStage = keyof typeof STAGES;
