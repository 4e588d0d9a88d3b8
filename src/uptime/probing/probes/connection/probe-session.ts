import { isIP, type Socket } from 'node:net';
import { type TLSSocket } from 'node:tls';
import { connectFirst } from '../../../../common/network/connect-first.js';
import { type NameResolver } from '../../../../common/network/name-resolver.js';
import { type Clock } from '../../../../event-store/index.js';
import { type ChainCertificate } from './certificate-chain.js';
import { checkCertificate } from './certificate-check.js';
import {
  describeConnectionError,
  isConnectionClosed,
  isLocalShortage,
  isTargetFailure,
  ProbeFailure,
} from './connection-errors.js';
import { startTls, type Endpoint } from './endpoint-connection.js';
import { type ProbeStage, STAGES } from './probe-stages.js';
import { type ProbeResult, type ProbePhases } from '../../../domain/index.js';

type Phase = keyof ProbePhases;

/** A running probe: opens its connections, measures its phases, and tracks its current stage. */
export class ProbeSession {
  stage: ProbeStage = 'dns';
  readonly #start: number;
  #since: number;
  #phases: Partial<Record<Phase, number>> = {};
  #socket: Socket | undefined;
  #certificate: ChainCertificate | undefined;
  #warning: string | undefined;
  #isOver = false;

  /**
   * @param hostPort of the target, for errors before the first connection
   * @param signal ends the attempts to connect
   */
  constructor(
    private readonly clock: Clock,
    private hostPort: string,
    private readonly names: NameResolver,
    private readonly signal: AbortSignal,
  ) {
    this.#start = this.#since = clock.monotonic();
  }

  /** Milliseconds with fractions since the start of the probe. */
  get elapsed(): number {
    return this.clock.monotonic() - this.#start;
  }

  /**
   * Connects, with TLS if configured, and checks the certificate. Closes the previous connection.
   *
   * @throws ProbeFailure for a rejected certificate; NameError; errors of Node's sockets
   */
  async connect(endpoint: Endpoint): Promise<Socket> {
    this.close();
    if (this.#isOver) throw new ProbeFailure('the probe has ended');
    const isName = isIP(endpoint.host) === 0;
    this.hostPort = endpoint.hostPort;
    this.#phases = {};
    this.stage = isName ? 'dns' : 'connect';
    this.#beginPhase();
    const socket = await connectFirst(this.names, endpoint, this.signal, () => {
      if (isName) this.#endPhase('dns');
      this.stage = 'connect';
    });
    this.#socket = socket;
    this.#endPhase('connect');
    return endpoint.tls ? this.#secure(socket, endpoint, endpoint.tls) : socket;
  }

  /**
   * Measures the time until the first byte of the response, from now on.
   *
   * @param next stage after the first byte
   */
  awaitFirstByte(socket: Socket, next: ProbeStage): void {
    // Must run before other listeners; a 'data' listener added this way does not start the flow before they are
    // attached.
    socket.prependOnceListener('data', this.measureFirstByte(next));
  }

  /** As {@link awaitFirstByte}, for bytes that the socket does not emit. @returns to be called with the first byte */
  measureFirstByte(next: ProbeStage): () => void {
    this.stage = 'firstByte';
    this.#beginPhase();
    return () => {
      this.#endPhase('firstByte');
      this.stage = next;
    };
  }

  /** The failure of a connection that the peer closed in the current stage. */
  prematureClose(): ProbeFailure {
    return new ProbeFailure(STAGES[this.stage].closed(this.hostPort));
  }

  /** Leaves closing the connection to the caller. */
  detach(): void {
    this.#socket = undefined;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  /** Closes the connection and prevents new ones. */
  end(): void {
    this.#isOver = true;
    this.close();
  }

  success(): ProbeResult {
    return {
      responseTime: this.elapsed,
      ...(this.#warning === undefined ? {} : { warning: this.#warning }),
      ...this.#measured(),
    };
  }

  /** @throws `error` itself if it is a bug in the probe instead of a failure of the target */
  failure(error: unknown): ProbeResult {
    if (!isTargetFailure(error)) throw error;
    return {
      responseTime: this.elapsed,
      error: describeConnectionError(isConnectionClosed(error) ? this.prematureClose() : error, this.hostPort),
      ...(isLocalShortage(error) ? { isInconclusive: true } : {}),
      ...this.#measured(),
    };
  }

  timedOut(): ProbeResult {
    return { responseTime: this.elapsed, error: STAGES[this.stage].timedOut(this.hostPort), ...this.#measured() };
  }

  #secure(socket: Socket, endpoint: Endpoint, tls: NonNullable<Endpoint['tls']>): Promise<TLSSocket> {
    this.stage = 'tls';
    const secured = startTls(socket, endpoint.host, tls);
    this.#socket = secured;
    return new Promise((resolve, reject) => {
      // Stays attached: an unhandled 'error' event would terminate the process.
      secured.on('error', reject);
      secured.once('secureConnect', () => {
        this.#endPhase('tls');
        const failureReason = this.#checkCertificate(secured, tls, endpoint.hostPort);
        if (failureReason === undefined) resolve(secured);
        else reject(new ProbeFailure(failureReason));
      });
    });
  }

  /** Of several certificates, the earliest expiry is kept. @returns why the certificate is rejected */
  #checkCertificate(socket: TLSSocket, { rules }: NonNullable<Endpoint['tls']>, hostPort: string): string | undefined {
    const { earliest, error, warning } = checkCertificate(socket, rules, hostPort, this.clock.now());
    if (earliest && earliest.endsAt < (this.#certificate?.endsAt ?? Infinity)) this.#certificate = earliest;
    this.#warning ??= warning;
    return error;
  }

  #beginPhase(): void {
    this.#since = this.clock.monotonic();
  }

  #endPhase(phase: Phase): void {
    const now = this.clock.monotonic();
    this.#phases[phase] = now - this.#since;
    this.#since = now;
  }

  #measured(): Pick<ProbeResult, 'phases' | 'certificateEndsAt' | 'certificateName'> {
    const { endsAt, name } = this.#certificate ?? {};
    return {
      phases: this.#phases,
      ...(endsAt === undefined ? {} : { certificateEndsAt: endsAt, certificateName: name }),
    };
  }
}

/**
 * Runs a probe. `check` resolves on success, and throws ProbeFailure or a connection error on failure. When the signal
 * aborts, the connection is destroyed, and the result names the current stage.
 */
export function withProbeSession(
  { clock, names }: { readonly clock: Clock; readonly names: NameResolver },
  hostPort: string,
  signal: AbortSignal,
  check: (session: ProbeSession) => Promise<void>,
): Promise<ProbeResult> {
  const session = new ProbeSession(clock, hostPort, names, signal);
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      session.end();
      resolve(session.timedOut());
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    check(session)
      .then(
        () => session.success(),
        (error: unknown) => session.failure(error),
      )
      .finally(() => {
        signal.removeEventListener('abort', abort);
        session.end();
      })
      .then(resolve, reject);
  });
}
