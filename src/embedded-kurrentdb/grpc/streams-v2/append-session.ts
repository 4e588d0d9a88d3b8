import streamsV2 from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_pb.js';
import { isValidStreamName } from '../../log/index.js';
import { appendToStreams, type AppendSegment } from '../../storage/multi-stream-append.js';
import { EVENT_BYTES } from '../../request-memory.js';
import { type GrpcCall } from '../call.js';
import { decode, type RpcHandler } from '../dispatcher.js';
import { type ServerContext } from '../../server-context.js';
import { MAX_APPEND_SIZE_BYTES, proposedBytes } from '../streams/proposed-message.js';
import {
  appendError,
  invalidRequest,
  sessionWithoutRequests,
  streamAlreadyInSession,
  transactionTooLarge,
  writeDenied,
} from './errors.js';
import { parseExpectedRevision, proposedEvent } from './records.js';

const { AppendRequest, AppendResponse, AppendSessionResponse } = streamsV2;

/** StreamsService.AppendSession: one transaction over several streams, committed at the client's half-close. */
export function appendSessionHandler(context: ServerContext): RpcHandler {
  return (call) => {
    const session = new AppendSession(context, call);
    call.onMessage = (message) => session.add(message);
    call.onHalfClose = () => call.guard(() => session.commit());
  };
}

class AppendSession {
  readonly #segments: AppendSegment[] = [];
  #bytes = 0;

  constructor(
    private readonly context: ServerContext,
    private readonly call: GrpcCall,
  ) {}

  add(message: Buffer): void {
    const request = decode(AppendRequest, message);
    const streamName = request.getStream();
    if (streamName === '')
      throw invalidRequest('AppendRequest', { field: 'Stream.Stream', description: 'Stream must not be empty.' });
    if (!isValidStreamName(streamName))
      throw invalidRequest('AppendRequest', {
        field: 'Stream.Stream',
        description: `Stream must not be ${streamName}.`,
      });
    if (request.getRecordsList().length === 0)
      throw invalidRequest('AppendRequest', {
        field: 'Records',
        description: 'Stream append request must contain at least one record',
      });
    const expected = parseExpectedRevision(request.hasExpectedRevision() ? request.getExpectedRevision() : undefined);
    const { principal } = this.call;
    if (!this.context.authorization.checkAccess(principal, streamName, 'write'))
      throw writeDenied(streamName, principal.loginName);
    if (this.#segments.some((segment) => segment.streamName === streamName)) throw streamAlreadyInSession(streamName);
    const events = request.getRecordsList().map((record) => proposedEvent(record, this.context.newEventId));
    for (const event of events) this.#bytes += proposedBytes(event);
    if (this.#bytes > MAX_APPEND_SIZE_BYTES) throw transactionTooLarge(this.#bytes, MAX_APPEND_SIZE_BYTES);
    this.call.retain(message.length + events.length * EVENT_BYTES);
    this.#segments.push({ streamName, expected, events });
  }

  async commit(): Promise<void> {
    const { context, call } = this;
    const segments = this.#segments;
    if (segments.length === 0) throw sessionWithoutRequests();
    const outcome = await context.commits.submit(() => appendToStreams(context.store, context.writer, segments));
    if (outcome.kind !== 'appended') throw appendError(outcome);
    const outputs = [...outcome.revisions].map(([streamName, revision]) =>
      new AppendResponse().setStream(streamName).setStreamRevision(String(revision)),
    );
    call.writeMessage(
      new AppendSessionResponse().setOutputList(outputs).setPosition(String(outcome.position)).serializeBinary(),
    );
    call.end();
  }
}
