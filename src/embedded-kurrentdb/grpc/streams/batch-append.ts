import { type ExpectedRevision, isValidStreamName } from '../../log/index.js';
import { bytesField, FieldReader, frameMessage, MalformedMessageError } from '../../storage/wire-format.js';
import { type AppendOutcome, type ProposedEvent } from '../../storage/writes.js';
import { type GrpcCall } from '../call.js';
import { decode, type RpcHandler } from '../dispatcher.js';
import { handlerFailed, invalidArgument } from '../errors.js';
import { streams } from '../../protobuf.js';
import { type ServerContext } from '../../server-context.js';
import { GrpcError, StatusCode } from '../status.js';
import { successMessage } from './append-responses.js';
import { batchFailure, type BatchFailure } from './batch-failures.js';
import { deciding, exactly } from './expectation.js';
import {
  InvalidEventError,
  MAX_APPEND_BYTES,
  parseProposedMessage,
  parseUuid,
  proposedBytes,
} from './proposed-message.js';

const { BatchAppendReq } = streams;

/** An append of which not all chunks have come yet. */
interface OpenAppend {
  readonly streamName: string;
  readonly streamIdentifier: Buffer;
  readonly expected: ExpectedRevision;
  /** Milliseconds since 1970; undefined for none. */
  readonly deadlineMs: number | undefined;
  readonly events: ProposedEvent[];
}

/** Fields of BatchAppendReq, as views. */
interface Chunk {
  readonly correlationId: Buffer;
  readonly options: Buffer | undefined;
  readonly messages: readonly Buffer[];
  readonly isFinal: boolean;
}

/** Streams.BatchAppend: many appends on one call, told apart by their correlation ids. */
export function batchAppendHandler(context: ServerContext): RpcHandler {
  return (call) => {
    const batch = new BatchAppendCall(context, call);
    call.onMessage = (message) => batch.receive(message);
    // The call stays open after the client's half-close, as on a real server: its answers may still be on the way.
  };
}

class BatchAppendCall {
  readonly #open = new Map<string, OpenAppend>();
  #openBytes = 0;

  constructor(
    private readonly context: ServerContext,
    private readonly call: GrpcCall,
  ) {}

  receive(message: Buffer): void {
    const chunk = parseChunk(message);
    const key = chunk.correlationId.toString('latin1');
    let streamIdentifier: Buffer = Buffer.alloc(0);
    try {
      const append = this.#open.get(key) ?? this.#begin(chunk);
      if (append === undefined) return;
      ({ streamIdentifier } = append);
      this.#addEvents(append, chunk);
      if (chunk.isFinal) {
        this.#forget(key, append);
        this.#commit(chunk.correlationId, append);
      } else {
        this.#open.set(key, append);
      }
    } catch (error) {
      const append = this.#open.get(key);
      if (append !== undefined) this.#forget(key, append);
      this.#answerFailure(
        chunk.correlationId,
        error instanceof RefusedChunk ? error.streamIdentifier : streamIdentifier,
        error instanceof RefusedChunk ? error.failure : failureOf(error),
      );
    }
  }

  /** The first chunk of an append. Without options there is nothing to append to, and no answer. */
  #begin(chunk: Chunk): OpenAppend | undefined {
    if (chunk.options === undefined) return undefined;
    const options = decode(BatchAppendReq.Options, chunk.options);
    const name = Buffer.from(options.getStreamIdentifier()?.getStreamName_asU8() ?? []);
    const streamName = name.toString('utf8');
    const streamIdentifier = bytesField(3, name);
    const refuse = (failure: BatchFailure): never => {
      throw new RefusedChunk(streamIdentifier, failure);
    };
    if (parseUuid(chunk.correlationId) === undefined) refuse(batchFailure.badRequest('Unrecognized Guid format.'));
    if (!isValidStreamName(streamName))
      refuse(batchFailure.badRequest(`Invalid stream ID: ${streamName} (Parameter 'eventStreamIds')`));
    if (!this.context.access.allows(this.call.principal, streamName, 'write')) refuse(batchFailure.accessDenied());
    const expected = parseExpected(options);
    if (expected === undefined)
      return refuse(
        failureOf(
          invalidArgument(
            "'None' is not a valid EventStore.Client.Streams.BatchAppendReq+Types+Options+ExpectedStreamPositionOneofCase",
          ),
        ),
      );
    return {
      streamName,
      streamIdentifier,
      expected,
      deadlineMs: deadlineOf(options, this.context.nowMs()),
      events: [],
    };
  }

  #addEvents(append: OpenAppend, { messages }: Chunk): void {
    for (const message of messages) {
      const event = parseProposedMessage(message);
      append.events.push(event);
      this.#openBytes += proposedBytes(event);
    }
    // All appends that are open on the call count: nobody may fill the memory with appends that never end.
    if (this.#openBytes > MAX_APPEND_BYTES)
      throw new RefusedChunk(append.streamIdentifier, batchFailure.tooLarge(MAX_APPEND_BYTES));
  }

  #forget(key: string, append: OpenAppend): void {
    this.#open.delete(key);
    for (const event of append.events) this.#openBytes -= proposedBytes(event);
    if (this.#open.size === 0) this.#openBytes = 0;
  }

  #commit(correlationId: Buffer, append: OpenAppend): void {
    const { context } = this;
    const { streamName, expected, deadlineMs, events } = append;
    const id = Buffer.from(correlationId);
    const written = context.commits.submit((): AppendOutcome | 'late' =>
      deadlineMs !== undefined && deadlineMs <= context.nowMs()
        ? 'late'
        : context.writes.append(streamName, deciding(expected), events),
    );
    written.then(
      (outcome) => this.#answer(id, append, outcome),
      (error: unknown) => {
        this.call.report(error);
        this.#answerFailure(id, append.streamIdentifier, failureOf(error));
      },
    );
  }

  #answer(
    correlationId: Buffer,
    { streamName, streamIdentifier, expected }: OpenAppend,
    outcome: AppendOutcome | 'late',
  ): void {
    if (outcome === 'late') this.#answerFailure(correlationId, streamIdentifier, batchFailure.timeout());
    else if (outcome.kind === 'deleted')
      this.#answerFailure(correlationId, streamIdentifier, batchFailure.streamDeleted(streamName));
    else if (outcome.kind === 'wrongExpectedRevision')
      this.#answerFailure(
        correlationId,
        streamIdentifier,
        batchFailure.wrongExpectedRevision(outcome.currentRevision, expected),
      );
    else this.#send(correlationId, streamIdentifier, 3, successMessage(outcome.revision, outcome.position));
  }

  #answerFailure(correlationId: Buffer, streamIdentifier: Buffer, failure: BatchFailure): void {
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

/** The append is refused before it is written. */
class RefusedChunk extends Error {
  override readonly name = 'RefusedChunk';

  constructor(
    readonly streamIdentifier: Buffer,
    readonly failure: BatchFailure,
  ) {
    super('the append is refused');
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

function parseExpected(options: InstanceType<typeof BatchAppendReq.Options>): ExpectedRevision | undefined {
  if (options.hasStreamPosition()) return exactly(options.getStreamPosition());
  if (options.hasNoStream()) return { kind: 'noStream' };
  if (options.hasAny()) return { kind: 'any' };
  if (options.hasStreamExists()) return { kind: 'streamExists' };
  return undefined;
}

function deadlineOf(options: InstanceType<typeof BatchAppendReq.Options>, nowMs: number): number | undefined {
  const at = options.getDeadline21100();
  if (at !== undefined) return at.getSeconds() * 1000 + at.getNanos() / 1e6;
  const within = options.getDeadline();
  return within === undefined ? undefined : nowMs + within.getSeconds() * 1000 + within.getNanos() / 1e6;
}

/** What a failing append answers; the call and its other appends go on. */
function failureOf(error: unknown): BatchFailure {
  if (error instanceof InvalidEventError) return batchFailure.badRequest(error.reason);
  if (error instanceof GrpcError && error.code === StatusCode.INVALID_ARGUMENT)
    return batchFailure.badRequest(`Status(StatusCode="InvalidArgument", Detail="${error.message}")`);
  if (error instanceof MalformedMessageError) throw handlerFailed(error);
  if (error instanceof GrpcError) return batchFailure.badRequest(error.message);
  return batchFailure.unknown();
}
