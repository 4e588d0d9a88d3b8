import { isIP, type Socket } from 'node:net';
import { type Clock } from '../../../../event-store/index.js';
import { checkCertificate } from './certificate-rules.js';
import { describeConnectionError, isClosing, isOfTheTarget, ProbeFailure } from './connection-errors.js';
import { openConnection, isTls, type Endpoint } from './endpoint-connection.js';
import { type ProbeStage, STAGES } from './probe-stages.js';
import { type ProbeResult, type ProbePhases } from '../../../domain/index.js';

type Phase = keyof ProbePhases;

/** One probe while it runs: makes its connections, measures it, and knows what it waits for. */
export class ProbeSession {
  /** What is waited for at the moment. */
  stage: ProbeStage = 'address';
  readonly #start: number;
  #since: number;
  #phases: Partial<Record<Phase, number>> = {};
  #socket: Socket | undefined;
  #certificateEndsAt: number | undefined;
  #warning: string | undefined;
  #isOver = false;

  /** @param endpoint how the target is called in errors until a connection names its own */
  constructor(
    private readonly clock: Clock,
    private endpoint: string,
  ) {
    this.#start = this.#since = clock.monotonic();
  }

  /** Milliseconds with fractions since the probe began. */
  get elapsed(): number {
    return this.clock.monotonic() - this.#start;
  }

  /**
   * Connects, with TLS where the peer has it, and judges its certificate. The connection before it, where there was one, is closed.
   *
   * @throws ProbeFailure for a certificate that will not do; the errors of Node's sockets
   */
  connect(peer: Endpoint): Promise<Socket> {
    this.close();
    if (this.#isOver) return Promise.reject(new ProbeFailure('the probe is over'));
    this.endpoint = peer.endpoint;
    this.#phases = {};
    this.stage = isIP(peer.host) === 0 ? 'address' : 'connection';
    this.#beginPhase();
    const socket = (this.#socket = openConnection(peer));
    return new Promise((resolve, reject) => {
      // Stays for as long as the socket does: an error that nobody hears would end the process.
      socket.on('error', reject);
      socket.once('lookup', (error: Error | null) => {
        if (error) return;
        this.#endPhase('dns');
        this.stage = 'connection';
      });
      socket.once('connect', () => {
        this.#endPhase('connect');
        if (!isTls(socket)) return resolve(socket);
        this.stage = 'tls';
      });
      socket.once('secureConnect', () => {
        this.#endPhase('tls');
        const fault = this.#checkCertificate(socket, peer);
        if (fault === undefined) resolve(socket);
        else reject(new ProbeFailure(fault));
      });
    });
  }

  /**
   * The question is on its way: its answer is waited for, and the time until its first byte is measured.
   *
   * @param next what is waited for from the first byte on
   */
  awaitAnswer(socket: Socket, next: ProbeStage): void {
    this.stage = 'answer';
    this.#beginPhase();
    // First of the listeners, and one that lets nothing flow before the others are there.
    socket.prependOnceListener('data', () => {
      this.#endPhase('firstByte');
      this.stage = next;
    });
  }

  /** The other side closed the connection instead of what is waited for. */
  closedEarly(): ProbeFailure {
    return new ProbeFailure(STAGES[this.stage].closed(this.endpoint));
  }

  /** From now on the connection is someone else's to close. */
  detach(): void {
    this.#socket = undefined;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  /** Closes, and connects no more. */
  end(): void {
    this.#isOver = true;
    this.close();
  }

  /** What the probe has found, where it went as it should. */
  success(): ProbeResult {
    return {
      responseTime: this.elapsed,
      ...(this.#warning === undefined ? {} : { warning: this.#warning }),
      ...this.#measured(),
    };
  }

  /** What the probe has found until `error` stopped it. @throws `error` itself where it is a mistake of the probe and not the target's */
  failure(error: unknown): ProbeResult {
    if (!isOfTheTarget(error)) throw error;
    return {
      responseTime: this.elapsed,
      error: describeConnectionError(isClosing(error) ? this.closedEarly() : error, this.endpoint),
      ...this.#measured(),
    };
  }

  /** What the probe has found until its time was over. */
  timedOut(): ProbeResult {
    return { responseTime: this.elapsed, error: STAGES[this.stage].timedOut(this.endpoint), ...this.#measured() };
  }

  /** Of several certificates, the end that comes first is told. @returns why the certificate will not do */
  #checkCertificate(socket: Socket, { tls, endpoint }: Endpoint): string | undefined {
    if (!tls || !isTls(socket)) return undefined;
    const { endsAt, error, warning } = checkCertificate(socket, tls.rules, endpoint, this.clock.now());
    if (endsAt !== undefined) this.#certificateEndsAt = Math.min(endsAt, this.#certificateEndsAt ?? Infinity);
    this.#warning ??= warning;
    return error;
  }

  #beginPhase(): void {
    this.#since = this.clock.monotonic();
  }

  /** Since the phase before it ended, so much time went into this one. */
  #endPhase(phase: Phase): void {
    const now = this.clock.monotonic();
    this.#phases[phase] = now - this.#since;
    this.#since = now;
  }

  #measured(): Pick<ProbeResult, 'phases' | 'certificateEndsAt'> {
    const certificateEndsAt = this.#certificateEndsAt;
    return { phases: this.#phases, ...(certificateEndsAt === undefined ? {} : { certificateEndsAt }) };
  }
}

/**
 * Runs one probe: `ask` resolves when the target has answered as it should, and throws ProbeFailure or the error of a connection where not.
 * When the signal aborts, the connection is destroyed, and the answer says what was being waited for.
 */
export function withProbeSession(
  clock: Clock,
  endpoint: string,
  signal: AbortSignal,
  ask: (run: ProbeSession) => Promise<void>,
): Promise<ProbeResult> {
  const run = new ProbeSession(clock, endpoint);
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      run.end();
      resolve(run.timedOut());
    };
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted, { once: true });
    ask(run)
      .then(
        () => run.success(),
        (error: unknown) => run.failure(error),
      )
      .finally(() => {
        signal.removeEventListener('abort', aborted);
        run.end();
      })
      .then(resolve, reject);
  });
}
