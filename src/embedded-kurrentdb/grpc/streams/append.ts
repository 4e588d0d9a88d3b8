import { type ExpectedVersion, isValidStreamName } from '../../log/index.js';
import { FieldReader } from '../../storage/wire-format.js';
import { type ProposedEvent } from '../../storage/event-frame.js';
import { EVENT_BYTES } from '../../request-memory.js';
import { type GrpcCall } from '../call.js';
import { decode, type RpcHandler } from '../dispatcher.js';
import { appendTooLarge, handlerFailed, streamDeleted } from '../errors.js';
import { streamNameOf, streams } from '../../protobuf.js';
import { type ServerContext } from '../../server-context.js';
import { appendRefused, appendSucceeded } from './append-responses.js';
import { effectiveExpectedVersion, missingExpectedVersion, parseExpectedVersion } from './expected-version.js';
import { MAX_APPEND_SIZE_BYTES, parseProposedMessage, proposedBytes } from './proposed-message.js';

const { AppendReq } = streams;

/** Fields of AppendReq. */
const OPTIONS_FIELD = 1;
const PROPOSED_MESSAGE_FIELD = 2;

/** Streams.Append: one append; the options come first, then the events one by one. */
export function appendHandler(context: ServerContext): RpcHandler {
  return (call) => {
    const append = new AppendCall(context, call);
    call.onMessage = (message) => append.receive(message);
    call.onHalfClose = () => call.guard(() => append.commit());
  };
}

class AppendCall {
  #target: { readonly streamName: string; readonly expected: ExpectedVersion } | undefined;
  readonly #events: ProposedEvent[] = [];
  #bytes = 0;

  constructor(
    private readonly context: ServerContext,
    private readonly call: GrpcCall,
  ) {}

  receive(message: Buffer): void {
    const reader = new FieldReader(message);
    if (!reader.next()) throw handlerFailed();
    if (this.#target === undefined) {
      if (reader.fieldNumber !== OPTIONS_FIELD) throw handlerFailed();
      this.#target = parseOptions(reader.content());
      this.context.authorization.requireAccess(this.call.principal, this.#target.streamName, 'write');
      return;
    }
    if (reader.fieldNumber !== PROPOSED_MESSAGE_FIELD) throw handlerFailed();
    const event = parseProposedMessage(reader.content());
    this.#bytes += proposedBytes(event);
    if (this.#bytes > MAX_APPEND_SIZE_BYTES) throw appendTooLarge(MAX_APPEND_SIZE_BYTES);
    this.#events.push(event);
    this.call.retain(message.length + EVENT_BYTES);
  }

  async commit(): Promise<void> {
    const { context, call } = this;
    const target = this.#target;
    if (target === undefined) throw handlerFailed();
    const { streamName, expected } = target;
    const outcome = await context.commits.submit(() =>
      context.writer.append(streamName, effectiveExpectedVersion(expected), this.#events),
    );
    if (outcome.kind === 'deleted') throw streamDeleted(streamName);
    call.writeMessage(
      outcome.kind === 'appended'
        ? appendSucceeded(outcome.revision, outcome.position)
        : appendRefused(outcome.currentRevision, expected),
    );
    call.end();
  }
}

function parseOptions(content: Buffer): { streamName: string; expected: ExpectedVersion } {
  const options = decode(AppendReq.Options, content);
  const streamName = streamNameOf(options.getStreamIdentifier());
  if (!isValidStreamName(streamName)) throw handlerFailed();
  const revision = options.hasRevision() ? options.getRevision() : undefined;
  const expected = parseExpectedVersion(options, revision);
  if (expected === undefined) throw missingExpectedVersion('AppendReq+Types+Options+ExpectedStreamRevisionOneofCase');
  return { streamName, expected };
}
