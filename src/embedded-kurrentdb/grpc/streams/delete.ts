import { type ExpectedVersion, isValidStreamName } from '../../log/index.js';
import { type DeleteOutcome } from '../../storage/log-writer.js';
import { type GrpcCall } from '../call.js';
import { type RpcHandler, unary } from '../dispatcher.js';
import { deleteRefused, handlerFailed, streamDeleted } from '../errors.js';
import { streamNameOf, streams } from '../../protobuf.js';
import { type ServerContext } from '../../server-context.js';
import { effectiveExpectedVersion, missingExpectedVersion, parseExpectedVersion } from './expected-version.js';

const { DeleteReq, DeleteResp, TombstoneReq, TombstoneResp } = streams;

/** Streams.Delete: a soft delete; the numbering of the stream continues. */
export function deleteHandler(context: ServerContext): RpcHandler {
  return unary(DeleteReq, async (request, call) => {
    const position = await remove(context, call, 'DeleteReq', request.getOptions(), (streamName, expected) =>
      context.writer.delete(streamName, expected),
    );
    return new DeleteResp().setPosition(
      new DeleteResp.Position().setCommitPosition(position).setPreparePosition(position),
    );
  });
}

/** Streams.Tombstone: a hard delete; the stream can never be written again. */
export function tombstoneHandler(context: ServerContext): RpcHandler {
  return unary(TombstoneReq, async (request, call) => {
    const position = await remove(context, call, 'TombstoneReq', request.getOptions(), (streamName, expected) =>
      context.writer.tombstone(streamName, expected),
    );
    return new TombstoneResp().setPosition(
      new TombstoneResp.Position().setCommitPosition(position).setPreparePosition(position),
    );
  });
}

type Options = InstanceType<typeof DeleteReq.Options> | InstanceType<typeof TombstoneReq.Options>;

async function remove(
  context: ServerContext,
  call: GrpcCall,
  requestType: string,
  options: Options | undefined,
  write: (streamName: string, expected: ExpectedVersion) => DeleteOutcome,
): Promise<string> {
  if (options === undefined) throw handlerFailed();
  const streamName = streamNameOf(options.getStreamIdentifier());
  const revision = options.hasRevision() ? options.getRevision() : undefined;
  const expected = parseExpectedVersion(options, revision);
  if (expected === undefined)
    throw missingExpectedVersion(`${requestType}+Types+Options+ExpectedStreamRevisionOneofCase`);
  if (!isValidStreamName(streamName)) throw handlerFailed();
  context.authorization.requireAccess(call.principal, streamName, 'delete');
  const outcome = await context.commits.submit(() => write(streamName, effectiveExpectedVersion(expected)));
  switch (outcome.kind) {
    case 'deletedAt':
      return String(outcome.position);
    case 'deleted':
      throw streamDeleted(streamName);
    case 'wrongExpectedVersion':
      throw deleteRefused(streamName, expected, outcome.currentRevision);
  }
}
