import streamsV2 from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_pb.js';
import { type StreamStateCheck, isCheckableState, isValidStreamName } from '../../log/index.js';
import { appendWithChecks, type AppendSegment } from '../../storage/multi-stream-append.js';
import { type ProposedEvent } from '../../storage/event-frame.js';
import { type RpcHandler, unary } from '../dispatcher.js';
import { handlerFailed } from '../errors.js';
import { type ServerContext } from '../../server-context.js';
import { MAX_APPEND_SIZE_BYTES, proposedBytes } from '../streams/proposed-message.js';
import { appendError, type FieldViolation, invalidRequest, transactionTooLarge, writeDenied } from './errors.js';
import { proposedEvent } from './records.js';

const { AppendRecordsRequest, AppendRecordsResponse, StreamRevision } = streamsV2;

type Request = InstanceType<typeof AppendRecordsRequest>;

/**
 * StreamsService.AppendRecords: appends records of several streams in the given order, if all consistency checks pass.
 */
export function appendRecordsHandler(context: ServerContext): RpcHandler {
  return unary(AppendRecordsRequest, async (request, { principal }) => {
    const checks = parseChecks(request);
    const segments = parseSegments(request, context);
    for (const { streamName } of segments)
      if (!context.authorization.checkAccess(principal, streamName, 'write'))
        throw writeDenied(streamName, principal.loginName);
    const outcome = await context.commits.submit(() =>
      appendWithChecks(context.store, context.writer, segments, checks),
    );
    if (outcome.kind !== 'appended') throw appendError(outcome);
    const revisions = [...outcome.revisions].map(([streamName, revision]) =>
      new StreamRevision().setStream(streamName).setRevision(String(revision)),
    );
    return new AppendRecordsResponse().setRevisionsList(revisions).setPosition(String(outcome.position));
  });
}

const invalid = (violation: FieldViolation): Error => invalidRequest('AppendRecordsRequest', violation);

function parseSegments(request: Request, { newEventId }: ServerContext): AppendSegment[] {
  const records = request.getRecordsList();
  if (records.length === 0)
    throw invalid({ field: 'Records', description: 'Append records request must contain at least one record.' });
  const segments: { streamName: string; expected: { kind: 'any' }; events: ProposedEvent[] }[] = [];
  let bytes = 0;
  for (const record of records) {
    const streamName = record.getStream();
    if (!isValidStreamName(streamName)) throw handlerFailed();
    const event = proposedEvent(record, newEventId);
    bytes += proposedBytes(event);
    const last = segments.at(-1);
    if (last?.streamName === streamName) last.events.push(event);
    else segments.push({ streamName, expected: { kind: 'any' }, events: [event] });
  }
  if (bytes > MAX_APPEND_SIZE_BYTES) throw transactionTooLarge(bytes, MAX_APPEND_SIZE_BYTES);
  return segments;
}

function parseChecks(request: Request): StreamStateCheck[] {
  const checks = request.getChecksList().map((check, index): StreamStateCheck => {
    const state = check.getStreamState();
    if (state === undefined) throw handlerFailed();
    const streamName = state.getStream();
    if (streamName === '')
      throw invalid({ field: `Checks[${index}].StreamState.Stream.Stream`, description: 'Stream must not be empty.' });
    const expectedState = Number(state.getExpectedState());
    if (!isCheckableState(expectedState))
      throw invalid({ field: `Checks[${index}].StreamState.ExpectedState`, description: INVALID_EXPECTED_STATE });
    return { streamName, expectedState };
  });
  if (new Set(checks.map(({ streamName }) => streamName)).size < checks.length)
    throw invalid({ field: 'Checks', description: 'Each stream can only appear once in consistency checks.' });
  return checks;
}

const INVALID_EXPECTED_STATE =
  'Expected state must be positive or one of the allowed constants: NoStream (-1), Exists (-4), Deleted (-5), or Tombstoned (-6). Any (-2) is not allowed.';
