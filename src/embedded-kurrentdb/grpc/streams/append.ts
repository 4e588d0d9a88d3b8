import { type ExpectedVersion, isValidStreamName } from '../../log/index.js';
import { FieldReader } from '../../storage/wire-format.js';
import { type ProposedEvent } from '../../storage/event-frame.js';
import { type GrpcCall } from '../call.js';
import { decode, type RpcHandler } from '../dispatcher.js';
import { appendTooLarge, handlerFailed, invalidArgument, streamDeleted } from '../errors.js';
import { streams } from '../../protobuf.js';
import { type ServerContext } from '../../server-context.js';
import { appendRefused, appendSucceeded } from './append-responses.js';
import { effectiveExpectedVersion, exactVersion } from './expected-version.js';
import { MAX_APPEND_SIZE_BYTES, parseProposedMessage, proposedBytes } from './proposed-message.js';

const { AppendReq } = streams;

/** Fields of AppendReq. */
const OPTIONS_FIELD = 1;
const PROPOSED_MESSAGE_FIELD = 2;

/** Streams.Append: one append, its options first, then its events one by one. */
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
  const streamName = Buffer.from(options.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8');
  if (!isValidStreamName(streamName)) throw handlerFailed();
  const { ExpectedStreamRevisionCase } = AppendReq.Options;
  switch (options.getExpectedStreamRevisionCase()) {
    case ExpectedStreamRevisionCase.EXPECTED_STREAM_REVISION_NOT_SET:
      throw invalidArgument(
        "'None' is not a valid EventStore.Client.Streams.AppendReq+Types+Options+ExpectedStreamRevisionOneofCase",
      );
    case ExpectedStreamRevisionCase.REVISION:
      return { streamName, expected: exactVersion(options.getRevision()) };
    case ExpectedStreamRevisionCase.NO_STREAM:
      return { streamName, expected: { kind: 'noStream' } };
    case ExpectedStreamRevisionCase.ANY:
      return { streamName, expected: { kind: 'any' } };
    case ExpectedStreamRevisionCase.STREAM_EXISTS:
      return { streamName, expected: { kind: 'streamExists' } };
  }
}
