import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { type BudgetShare } from '../../common/subject-budget.js';
import { type Principal } from '../log/principal.js';
import { peerOf } from '../connections.js';
import { OVER_BUDGET } from '../request-memory.js';
import { StorageFullError } from '../storage/storage-full-error.js';
import { frameMessage, MalformedMessageError } from '../storage/wire-format.js';
import { MAX_MESSAGE_BYTES, MessageReader } from './message-reader.js';
import { grpcErrorOf } from './errors.js';
import { GrpcError, StatusCode, statusHeaders } from './status.js';

const RESPONSE_HEADERS = { ':status': 200, 'content-type': 'application/grpc' } as const;

export type ErrorReporter = (error: unknown) => void;

const EXPECTED_ERRORS = [GrpcError, MalformedMessageError, StorageFullError] as const;

/** Largest message of an anonymous caller: enough for one event of an append that is denied. */
const MAX_ANONYMOUS_MESSAGE_BYTES = 1024;

/** Unsent response bytes of a slow client above which the call stops reading requests and events. */
const HIGH_WATER_MARK_BYTES = 128 * 1024;

/**
 * A gRPC call on an HTTP/2 stream. Requests are passed to {@link onMessage}, responses are sent framed. The call ends
 * exactly once: by {@link end}, by {@link fail}, or because the client disconnected.
 */
export class GrpcCall {
  onMessage: (message: Buffer) => void = () => undefined;
  /** The client has sent its last request. */
  onHalfClose: () => void = () => undefined;
  /** Called once when the call has ended for any reason. */
  onClose: () => void = () => undefined;

  readonly #messages: MessageReader;
  #retained = 0;
  #batch: Buffer[] = [];
  #flushScheduled = false;
  #ended = false;
  #closed = false;
  readonly #deadline: NodeJS.Timeout | undefined;
  readonly #earlyHeaders: NodeJS.Immediate;
  #drainWaiters: (() => void)[] = [];

  constructor(
    private readonly stream: ServerHttp2Stream,
    readonly headers: IncomingHttpHeaders,
    readonly principal: Principal,
    private readonly memory: BudgetShare,
    private readonly reportUnexpected: ErrorReporter,
  ) {
    this.#messages = new MessageReader(
      principal.loginName === undefined ? MAX_ANONYMOUS_MESSAGE_BYTES : MAX_MESSAGE_BYTES,
    );
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('end', () => this.guard(() => this.#halfClose()));
    stream.on('drain', () => {
      stream.resume();
      this.#wakeWriters();
    });
    stream.on('error', () => undefined); // 'close' follows
    stream.on('close', () => {
      this.#closed = true;
      this.#release();
    });
    // Sends the headers early. A client with Nagle's algorithm enabled (the native one of the official package) holds
    // back the rest of a request, be it the body or only the half-close, until its beginning is acknowledged, and the
    // kernel delays that ACK by 40 ms unless there is something to send.
    this.#earlyHeaders = setImmediate(() => this.#respond());
    this.#deadline = deadlineTimer(headers['grpc-timeout'], () =>
      this.fail(new GrpcError(StatusCode.DEADLINE_EXCEEDED, 'Deadline Exceeded')),
    );
  }

  /** Address and port of the client. */
  get peer(): string {
    const socket = this.stream.session?.socket;
    return socket === undefined ? '' : peerOf(socket);
  }

  /** Whether writes are discarded: the call has ended or the client disconnected. */
  get isOver(): boolean {
    return this.#ended || this.#isDisconnected;
  }

  /** A stream is destroyed before 'close' is emitted, and its last events may come in between. */
  get #isDisconnected(): boolean {
    return this.#closed || this.stream.destroyed;
  }

  /** Counts memory of requests that a handler keeps beyond {@link onMessage}; negative once it keeps them no longer. */
  retain(bytes: number): void {
    this.#retained += bytes;
  }

  /** Sends framed messages. Writes of one event-loop tick are sent together. */
  write(frames: Buffer): void {
    if (this.isOver) return;
    this.#batch.push(frames);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    process.nextTick(() => this.#flush());
  }

  writeMessage(message: Uint8Array): void {
    this.write(frameMessage(message));
  }

  /** Resolves when the client has read enough: backpressure that bounds the memory of a slow reader. */
  async drained(): Promise<void> {
    this.#flush();
    while (!this.isOver && this.stream.writableLength > HIGH_WATER_MARK_BYTES)
      await new Promise<void>((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Whether the client reads more slowly than the call writes. */
  get isBackedUp(): boolean {
    return this.stream.writableLength > HIGH_WATER_MARK_BYTES;
  }

  end(): void {
    this.#finish(StatusCode.OK);
  }

  fail(error: unknown): void {
    this.report(error);
    const failure = grpcErrorOf(error);
    this.#finish(failure.code, failure.message, failure.trailers);
  }

  /** Reports an internal error; errors that the client causes or that its status describes completely are ignored. */
  report(error: unknown): void {
    if (!EXPECTED_ERRORS.some((expected) => error instanceof expected)) this.reportUnexpected(error);
  }

  /** Runs a handler; an error that it throws ends the call. */
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
      for (const message of this.#messages.push(chunk)) {
        if (this.isOver) return;
        this.onMessage(message);
      }
      if (!this.isOver && !this.memory.resize(this.#messages.bufferedBytes + this.#retained))
        throw new GrpcError(StatusCode.RESOURCE_EXHAUSTED, OVER_BUDGET);
    });
    if (this.isBackedUp) this.stream.pause(); // backpressure: read the responses before sending more requests
  }

  #halfClose(): void {
    clearImmediate(this.#earlyHeaders);
    if (this.isOver) return;
    if (this.#messages.isIncomplete) throw new GrpcError(StatusCode.INTERNAL, 'Incomplete message.');
    this.onHalfClose();
  }

  #flush(): void {
    this.#flushScheduled = false;
    if (this.#batch.length === 0 || this.#isDisconnected) return;
    const frames = this.#batch.length === 1 ? this.#batch[0] : Buffer.concat(this.#batch);
    this.#batch = [];
    this.#respond();
    this.stream.write(frames);
  }

  #respond(): void {
    if (!this.stream.headersSent && !this.#isDisconnected)
      this.stream.respond(RESPONSE_HEADERS, { waitForTrailers: true });
  }

  #finish(code: StatusCode, message?: string, trailers?: Readonly<Record<string, string | Buffer>>): void {
    if (this.isOver) return;
    this.#flush();
    this.#ended = true;
    const status = statusHeaders(code, message, trailers);
    // Resets the stream if the request was not read to its end.
    const resetUnreadRequest = (): void => {
      if (code !== StatusCode.OK && !this.stream.readableEnded) this.stream.close(constants.NGHTTP2_NO_ERROR);
    };
    if (!this.stream.headersSent) {
      this.stream.once('finish', resetUnreadRequest);
      this.stream.respond({ ...RESPONSE_HEADERS, ...status }, { endStream: true });
    } else {
      this.stream.once('wantTrailers', () => {
        if (this.#isDisconnected) return;
        this.stream.sendTrailers(status);
        setImmediate(resetUnreadRequest); // deferred: an immediate reset would overtake the trailers
      });
      this.stream.end();
    }
    this.#release();
  }

  #release(): void {
    clearTimeout(this.#deadline);
    clearImmediate(this.#earlyHeaders);
    this.#wakeWriters();
    this.#messages.clear();
    this.onMessage = this.onHalfClose = () => undefined; // a handler that keeps messages
    this.memory.release();
    const onClose = this.onClose;
    this.onClose = () => undefined;
    onClose();
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
