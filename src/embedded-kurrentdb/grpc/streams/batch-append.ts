import { type ExpectedVersion, isValidStreamName } from '../../log/index.js';
import { bytesField, FieldReader, frameMessage, MalformedMessageError } from '../../storage/wire-format.js';
import { type ProposedEvent } from '../../storage/event-frame.js';
import { type AppendOutcome } from '../../storage/log-writer.js';
import { StorageFullError } from '../../storage/storage-full-error.js';
import { EVENT_BYTES } from '../../request-memory.js';
import { type GrpcCall } from '../call.js';
import { decode, type RpcHandler } from '../dispatcher.js';
import { handlerFailed } from '../errors.js';
import { streams } from '../../protobuf.js';
import { type ServerContext } from '../../server-context.js';
import { GrpcError, StatusCode } from '../status.js';
import { successMessage } from './append-responses.js';
import { batchAppendError, type BatchAppendError } from './batch-append-errors.js';
import { effectiveExpectedVersion, missingExpectedVersion, parseExpectedVersion } from './expected-version.js';
import {
  InvalidEventError,
  MAX_APPEND_SIZE_BYTES,
  parseProposedMessage,
  parseUuid,
  proposedBytes,
} from './proposed-message.js';

const { BatchAppendReq } = streams;

/** An append whose final chunk has not arrived yet. */
interface PendingAppend {
  readonly streamName: string;
  readonly streamIdentifier: Buffer;
  readonly expected: ExpectedVersion;
  /** On the monotonic clock; undefined for none. */
  readonly deadlineMs: number | undefined;
  readonly events: ProposedEvent[];
  /** Memory of its messages and events. */
  retained: number;
}

/** A BatchAppendReq; its buffers are views of the message. */
interface Chunk {
  readonly correlationId: Buffer;
  readonly options: Buffer | undefined;
  readonly messages: readonly Buffer[];
  readonly isFinal: boolean;
}

/** Streams.BatchAppend: many appends on one call, identified by correlation ids. */
export function batchAppendHandler(context: ServerContext): RpcHandler {
  return (call) => {
    const batch = new BatchAppendCall(context, call);
    call.onMessage = (message) => batch.receive(message);
    // As in KurrentDB, the call stays open after the client's half-close: responses may still be pending.
  };
}

class BatchAppendCall {
  readonly #pending = new Map<string, PendingAppend>();
  #pendingBytes = 0;

  constructor(
    private readonly context: ServerContext,
    private readonly call: GrpcCall,
  ) {}

  receive(message: Buffer): void {
    const chunk = parseChunk(message);
    const key = chunk.correlationId.toString('latin1');
    let streamIdentifier: Buffer = Buffer.alloc(0);
    try {
      const append = this.#pending.get(key) ?? this.#startAppend(chunk);
      if (append === undefined) return;
      ({ streamIdentifier } = append);
      this.#addEvents(append, chunk);
      if (chunk.isFinal) {
        this.#remove(key, append);
        this.#commit(chunk.correlationId, append);
      } else {
        this.#pending.set(key, append);
        const bytes = message.length + chunk.messages.length * EVENT_BYTES;
        append.retained += bytes;
        this.call.retain(bytes);
      }
    } catch (error) {
      const append = this.#pending.get(key);
      if (append !== undefined) this.#remove(key, append);
      this.#sendError(
        chunk.correlationId,
        error instanceof RejectedChunk ? error.streamIdentifier : streamIdentifier,
        error instanceof RejectedChunk ? error.failure : batchAppendErrorFor(error),
      );
    }
  }

  /** The first chunk of an append. Without options it is ignored, as in KurrentDB. */
  #startAppend(chunk: Chunk): PendingAppend | undefined {
    if (chunk.options === undefined) return undefined;
    const options = decode(BatchAppendReq.Options, chunk.options);
    const name = Buffer.from(options.getStreamIdentifier()?.getStreamName_asU8() ?? []);
    const streamName = name.toString('utf8');
    const streamIdentifier = bytesField(3, name);
    const reject = (failure: BatchAppendError): never => {
      throw new RejectedChunk(streamIdentifier, failure);
    };
    if (parseUuid(chunk.correlationId) === undefined) reject(batchAppendError.badRequest('Unrecognized Guid format.'));
    if (!isValidStreamName(streamName))
      reject(batchAppendError.badRequest(`Invalid stream ID: ${streamName} (Parameter 'eventStreamIds')`));
    if (!this.context.authorization.checkAccess(this.call.principal, streamName, 'write'))
      reject(batchAppendError.accessDenied());
    const revision = options.hasStreamPosition() ? options.getStreamPosition() : undefined;
    const expected = parseExpectedVersion(options, revision);
    if (expected === undefined)
      return reject(
        batchAppendErrorFor(missingExpectedVersion('BatchAppendReq+Types+Options+ExpectedStreamPositionOneofCase')),
      );
    return {
      streamName,
      streamIdentifier,
      expected,
      deadlineMs: deadlineOf(options),
      events: [],
      retained: 0,
    };
  }

  #addEvents(append: PendingAppend, { messages }: Chunk): void {
    for (const message of messages) {
      const event = parseProposedMessage(message);
      append.events.push(event);
      this.#pendingBytes += proposedBytes(event);
    }
    // The limit applies to all pending appends of the call: none may exhaust the memory by never completing.
    if (this.#pendingBytes > MAX_APPEND_SIZE_BYTES)
      throw new RejectedChunk(append.streamIdentifier, batchAppendError.tooLarge(MAX_APPEND_SIZE_BYTES));
  }

  #remove(key: string, append: PendingAppend): void {
    this.#pending.delete(key);
    this.call.retain(-append.retained);
    for (const event of append.events) this.#pendingBytes -= proposedBytes(event);
    if (this.#pending.size === 0) this.#pendingBytes = 0;
  }

  #commit(correlationId: Buffer, append: PendingAppend): void {
    const { context } = this;
    const { streamName, expected, deadlineMs, events } = append;
    const id = Buffer.from(correlationId);
    const written = context.commits.submit((): AppendOutcome | 'deadlineExceeded' =>
      deadlineMs !== undefined && deadlineMs <= performance.now()
        ? 'deadlineExceeded'
        : context.writer.append(streamName, effectiveExpectedVersion(expected), events),
    );
    written.then(
      (outcome) => this.#sendResult(id, append, outcome),
      (error: unknown) => {
        this.call.report(error);
        this.#sendError(id, append.streamIdentifier, batchAppendErrorFor(error));
      },
    );
  }

  #sendResult(
    correlationId: Buffer,
    { streamName, streamIdentifier, expected }: PendingAppend,
    outcome: AppendOutcome | 'deadlineExceeded',
  ): void {
    if (outcome === 'deadlineExceeded') this.#sendError(correlationId, streamIdentifier, batchAppendError.timeout());
    else if (outcome.kind === 'deleted')
      this.#sendError(correlationId, streamIdentifier, batchAppendError.streamDeleted(streamName));
    else if (outcome.kind === 'wrongExpectedVersion')
      this.#sendError(
        correlationId,
        streamIdentifier,
        batchAppendError.wrongExpectedVersion(outcome.currentRevision, expected),
      );
    else this.#send(correlationId, streamIdentifier, 3, successMessage(outcome.revision, outcome.position));
  }

  #sendError(correlationId: Buffer, streamIdentifier: Buffer, failure: BatchAppendError): void {
    this.#send(correlationId, streamIdentifier, 2, failure);
  }

  /** BatchAppendResp { correlation_id 1, error 2 | success 3, stream_identifier 4 }. */
  #send(correlationId: Buffer, streamIdentifier: Buffer, resultField: number, result: Buffer): void {
    this.call.write(
      frameMessage(
        Buffer.concat([bytesField(1, correlationId), bytesField(resultField, result), bytesField(4, streamIdentifier)]),
      ),
    );
  }
}

/** The append is rejected before it is written. */
class RejectedChunk extends Error {
  override readonly name = 'RejectedChunk';

  constructor(
    readonly streamIdentifier: Buffer,
    readonly failure: BatchAppendError,
  ) {
    super('the append was rejected');
  }
}

function parseChunk(message: Buffer): Chunk {
  let correlationId: Buffer = Buffer.alloc(0);
  let options: Buffer | undefined;
  const messages: Buffer[] = [];
  let isFinal = false;
  const reader = new FieldReader(message);
  while (reader.next()) {
    if (reader.fieldNumber === 1) correlationId = reader.content();
    else if (reader.fieldNumber === 2) options = reader.content();
    else if (reader.fieldNumber === 3) messages.push(reader.content());
    else if (reader.fieldNumber === 4) isFinal = reader.varint() !== 0;
    else reader.skip();
  }
  return { correlationId, options, messages, isFinal };
}

/**
 * Deadline on the monotonic clock. The client's is a time of the wall clock: what is left of it is read from the same
 * clock on its arrival, whatever that shows later.
 */
function deadlineOf(options: InstanceType<typeof BatchAppendReq.Options>): number | undefined {
  const at = options.getDeadline21100();
  if (at !== undefined) return performance.now() + at.getSeconds() * 1000 + at.getNanos() / 1e6 - Date.now();
  const within = options.getDeadline();
  return within === undefined ? undefined : performance.now() + within.getSeconds() * 1000 + within.getNanos() / 1e6;
}

/** Maps the error of one append to its response; the call and its other appends continue. */
function batchAppendErrorFor(error: unknown): BatchAppendError {
  if (error instanceof StorageFullError) return batchAppendError.storageFull(error.message);
  if (error instanceof InvalidEventError) return batchAppendError.badRequest(error.reason);
  if (error instanceof GrpcError && error.code === StatusCode.INVALID_ARGUMENT)
    return batchAppendError.badRequest(`Status(StatusCode="InvalidArgument", Detail="${error.message}")`);
  if (error instanceof MalformedMessageError) throw handlerFailed(error);
  if (error instanceof GrpcError) return batchAppendError.badRequest(error.message);
  return batchAppendError.unknown();
}
