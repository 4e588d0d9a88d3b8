import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { type Principal } from '../log/principal.js';
import { frameMessage, MalformedMessageError } from '../storage/wire-format.js';
import { MessageReader } from './message-reader.js';
import { handlerFailed } from './errors.js';
import { GrpcError, StatusCode, statusHeaders } from './status.js';

const RESPONSE_HEADERS = { ':status': 200, 'content-type': 'application/grpc' } as const;

/** Takes errors that are nobody's fault but the server's. */
export type ErrorReporter = (error: unknown) => void;

/** Responses that wait for a slow reader before the call stops taking requests and events. */
const HIGH_WATER_MARK_BYTES = 128 * 1024;

/**
 * One gRPC call on an HTTP/2 stream. Requests come by {@link onMessage}, responses go out framed; the call ends exactly once, by
 * {@link end} or {@link fail}, or because the client is gone.
 */
export class GrpcCall {
  /** Takes each request message. */
  onMessage: (message: Buffer) => void = () => undefined;
  /** The client has sent its last request. */
  onHalfClose: () => void = () => undefined;
  /** The call is over, however that came. */
  onClose: () => void = () => undefined;

  readonly #reader = new MessageReader();
  #batch: Buffer[] = [];
  #flushScheduled = false;
  #ended = false;
  #closed = false;
  #deadline: NodeJS.Timeout | undefined;
  #acknowledgement: NodeJS.Immediate | undefined;
  #drainWaiters: (() => void)[] = [];

  constructor(
    private readonly stream: ServerHttp2Stream,
    readonly headers: IncomingHttpHeaders,
    readonly principal: Principal,
    private readonly reportUnexpected: ErrorReporter,
  ) {
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('end', () => this.guard(() => this.#halfClose()));
    stream.on('drain', () => this.#drain());
    stream.on('error', () => undefined); // 'close' follows, and says all there is to say
    stream.on('close', () => this.#close());
    // A client that leaves Nagle's algorithm on (the native one of the official package) keeps the rest of a request back, be it the
    // body or only the half-close, until its beginning is acknowledged, and the kernel holds that back for 40 ms unless there is
    // something to send. So something is sent.
    this.#acknowledgement = setImmediate(() => this.#respond());
    this.#deadline = deadlineTimer(headers['grpc-timeout'], () =>
      this.fail(new GrpcError(StatusCode.DEADLINE_EXCEEDED, 'Deadline Exceeded')),
    );
  }

  /** Address and port of the client. */
  get peer(): string {
    const socket = this.stream.session?.socket;
    return socket === undefined ? '' : `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`;
  }

  /** True when nothing that is written will arrive. */
  get isOver(): boolean {
    return this.#ended || this.#isGone;
  }

  /** The client has left. A stream is destroyed before it says so, and its last events may still come in between. */
  get #isGone(): boolean {
    return this.#closed || this.stream.destroyed;
  }

  /** Sends ready-made frames (each a message with its prefix). What is written in one turn goes out together. */
  write(frames: Buffer): void {
    if (this.isOver) return;
    this.#batch.push(frames);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    process.nextTick(() => this.#flush());
  }

  /** Sends a message of a generated class. */
  writeMessage(message: Uint8Array): void {
    this.write(frameMessage(message));
  }

  /** Resolves when the client has taken enough of what was written. Waiting for it is what bounds the memory of a slow reader. */
  async drained(): Promise<void> {
    this.#flush();
    while (!this.isOver && this.stream.writableLength > HIGH_WATER_MARK_BYTES)
      await new Promise<void>((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Whether the client has fallen behind what was written. */
  get isBackedUp(): boolean {
    return this.stream.writableLength > HIGH_WATER_MARK_BYTES;
  }

  end(): void {
    this.#finish(StatusCode.OK);
  }

  fail(error: unknown): void {
    this.report(error);
    const failure = error instanceof GrpcError ? error : handlerFailed(error);
    this.#finish(failure.code, failure.message, failure.trailers);
  }

  /** Tells of an error that is the server's own; one of the client's is none. */
  report(error: unknown): void {
    if (!(error instanceof GrpcError) && !(error instanceof MalformedMessageError)) this.reportUnexpected(error);
  }

  /** Runs a handler's code; what it throws ends the call. */
  guard(action: () => void | Promise<void>): void {
    try {
      const running = action();
      if (running !== undefined) running.catch((error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  #receive(chunk: Buffer): void {
    if (this.isOver) return;
    this.guard(() => {
      for (const message of this.#reader.push(chunk)) {
        if (this.isOver) return;
        this.onMessage(message);
      }
    });
    if (this.isBackedUp) this.stream.pause(); // who does not read the answers shall not ask more
  }

  #halfClose(): void {
    clearImmediate(this.#acknowledgement);
    if (this.isOver) return;
    if (this.#reader.isIncomplete) throw new GrpcError(StatusCode.INTERNAL, 'Incomplete message.');
    this.onHalfClose();
  }

  #flush(): void {
    this.#flushScheduled = false;
    if (this.#batch.length === 0 || this.#isGone) return;
    const frames = this.#batch.length === 1 ? this.#batch[0] : Buffer.concat(this.#batch);
    this.#batch = [];
    this.#respond();
    this.stream.write(frames);
  }

  #respond(): void {
    if (!this.stream.headersSent && !this.#isGone) this.stream.respond(RESPONSE_HEADERS, { waitForTrailers: true });
  }

  #finish(code: StatusCode, message?: string, trailers?: Readonly<Record<string, string | Buffer>>): void {
    if (this.isOver) return;
    this.#flush();
    this.#ended = true;
    const status = statusHeaders(code, message, trailers);
    // The rest of the request, if any, is not read any more.
    const resetUnreadRequest = (): void => {
      if (code !== StatusCode.OK && !this.stream.readableEnded) this.stream.close(constants.NGHTTP2_NO_ERROR);
    };
    if (!this.stream.headersSent) {
      this.stream.once('finish', resetUnreadRequest);
      this.stream.respond({ ...RESPONSE_HEADERS, ...status }, { endStream: true });
    } else {
      this.stream.once('wantTrailers', () => {
        if (this.#isGone) return;
        this.stream.sendTrailers(status);
        setImmediate(resetUnreadRequest); // at once, the reset would overtake the trailers
      });
      this.stream.end();
    }
    this.#release();
  }

  #close(): void {
    this.#closed = true;
    this.#release();
  }

  #release(): void {
    if (this.#deadline !== undefined) clearTimeout(this.#deadline);
    this.#deadline = undefined;
    clearImmediate(this.#acknowledgement);
    this.#wakeWriters();
    const onClose = this.onClose;
    this.onClose = () => undefined;
    onClose();
  }

  #drain(): void {
    this.stream.resume();
    this.#wakeWriters();
  }

  #wakeWriters(): void {
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const wake of waiters) wake();
  }
}

const TIMEOUT_UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
const MAX_TIMER_MS = 2 ** 31 - 1;

function deadlineTimer(header: string | string[] | undefined, onDeadline: () => void): NodeJS.Timeout | undefined {
  const match = typeof header === 'string' ? /^(\d{1,8})([HMSmun])$/.exec(header) : null;
  if (match === null) return undefined;
  const ms = Number(match[1]) * (TIMEOUT_UNITS_MS[match[2] ?? ''] ?? 0);
  return ms > MAX_TIMER_MS ? undefined : setTimeout(onDeadline, ms);
}
