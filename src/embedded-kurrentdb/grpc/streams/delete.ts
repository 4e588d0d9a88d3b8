import { type ExpectedRevision, isValidStreamName } from '../../log/index.js';
import { type DeleteOutcome } from '../../storage/writes.js';
import { type GrpcCall } from '../call.js';
import { type RpcHandler, unary } from '../dispatcher.js';
import { deleteRefused, handlerFailed, invalidArgument, streamDeleted } from '../errors.js';
import { streams } from '../../protobuf.js';
import { type ServerContext } from '../../server-context.js';
import { deciding, exactly } from './expectation.js';

const { DeleteReq, DeleteResp, TombstoneReq, TombstoneResp } = streams;

/** Streams.Delete: the events are gone, the numbering goes on. */
export function deleteHandler(context: ServerContext): RpcHandler {
  return unary(DeleteReq, async (request, call) => {
    const position = await remove(context, call, 'DeleteReq', request.getOptions(), (streamName, expected) =>
      context.writes.delete(streamName, expected),
    );
    return new DeleteResp().setPosition(
      new DeleteResp.Position().setCommitPosition(position).setPreparePosition(position),
    );
  });
}

/** Streams.Tombstone: the name is gone for good. */
export function tombstoneHandler(context: ServerContext): RpcHandler {
  return unary(TombstoneReq, async (request, call) => {
    const position = await remove(context, call, 'TombstoneReq', request.getOptions(), (streamName, expected) =>
      context.writes.tombstone(streamName, expected),
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
  write: (streamName: string, expected: ExpectedRevision) => DeleteOutcome,
): Promise<string> {
  if (options === undefined) throw handlerFailed();
  const streamName = Buffer.from(options.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8');
  const expected = parseExpected(options, requestType);
  if (!isValidStreamName(streamName)) throw handlerFailed();
  context.access.require(call.principal, streamName, 'delete');
  const outcome = await context.commits.submit(() => write(streamName, deciding(expected)));
  switch (outcome.kind) {
    case 'deletedAt':
      return String(outcome.position);
    case 'deleted':
      throw streamDeleted(streamName);
    case 'wrongExpectedRevision':
      throw deleteRefused(streamName, expected, outcome.currentRevision);
  }
}

function parseExpected(options: Options, requestType: string): ExpectedRevision {
  if (options.hasRevision()) return exactly(options.getRevision());
  if (options.hasNoStream()) return { kind: 'noStream' };
  if (options.hasAny()) return { kind: 'any' };
  if (options.hasStreamExists()) return { kind: 'streamExists' };
  throw invalidArgument(
    `'None' is not a valid EventStore.Client.Streams.${requestType}+Types+Options+ExpectedStreamRevisionOneofCase`,
  );
}
