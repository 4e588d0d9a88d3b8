import { type ExpectedVersion, isValidStreamName } from '../../log/index.js';
import { type DeleteOutcome } from '../../storage/log-writer.js';
import { type RpcHandler, unary } from '../dispatcher.js';
import { deleteRefused, handlerFailed, streamDeleted } from '../errors.js';
import { streamNameOf, streams } from '../../protobuf.js';
import { type ServerContext } from '../../server-context.js';
import { effectiveExpectedVersion, missingExpectedVersion, parseExpectedVersion } from './expected-version.js';

const { DeleteReq, DeleteResp } = streams;

/** Streams.Delete: a soft delete; the numbering of the stream continues. */
export const deleteHandler = (context: ServerContext): RpcHandler =>
  removalHandler(context, 'DeleteReq', (streamName, expected) => context.writer.delete(streamName, expected));

/** Streams.Tombstone: a hard delete; the stream can never be written again. */
export const tombstoneHandler = (context: ServerContext): RpcHandler =>
  removalHandler(context, 'TombstoneReq', (streamName, expected) => context.writer.tombstone(streamName, expected));

/** Requests and responses of both methods have the same fields. */
function removalHandler(
  { authorization, commits }: ServerContext,
  requestType: 'DeleteReq' | 'TombstoneReq',
  remove: (streamName: string, expected: ExpectedVersion) => DeleteOutcome,
): RpcHandler {
  return unary(DeleteReq, async (request, { principal }) => {
    const options = request.getOptions();
    if (options === undefined) throw handlerFailed();
    const streamName = streamNameOf(options.getStreamIdentifier());
    const revision = options.hasRevision() ? options.getRevision() : undefined;
    const expected = parseExpectedVersion(options, revision);
    if (expected === undefined)
      throw missingExpectedVersion(`${requestType}+Types+Options+ExpectedStreamRevisionOneofCase`);
    if (!isValidStreamName(streamName)) throw handlerFailed();
    authorization.requireAccess(principal, streamName, 'delete');
    const outcome = await commits.submit(() => remove(streamName, effectiveExpectedVersion(expected)));
    if (outcome.kind === 'deleted') throw streamDeleted(streamName);
    if (outcome.kind === 'wrongExpectedVersion') throw deleteRefused(streamName, expected, outcome.currentRevision);
    const position = String(outcome.position);
    return new DeleteResp().setPosition(
      new DeleteResp.Position().setCommitPosition(position).setPreparePosition(position),
    );
  });
}
