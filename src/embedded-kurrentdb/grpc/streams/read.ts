import { setImmediate } from 'node:timers/promises';
import { ALL_STREAMS, readStatus } from '../../log/index.js';
import { parseEventFrame } from '../../storage/event-frame.js';
import { type EventVisitor, MAX_EVENTS_PER_SLICE } from '../../storage/log-reader.js';
import { type GrpcCall } from '../call.js';
import { type RpcHandler, serverStreaming } from '../dispatcher.js';
import { streamDeleted } from '../errors.js';
import { streams } from '../../protobuf.js';
import { type ServerContext } from '../../server-context.js';
import { AllFeed } from './all-feed.js';
import { type EventEncoder, eventEncoderFor } from './event-encoder.js';
import { FrameBuffer } from './frame-buffer.js';
import {
  badReadArgument,
  parseReadRequest,
  type PositionStart,
  type ReadRequest,
  type RevisionStart,
} from './read-request.js';
import { firstStreamPosition, lastStreamPosition, streamNotFound } from './read-responses.js';
import { StreamFeed } from './stream-feed.js';
import { runSubscription } from './subscription.js';

/** Streams.Read: reads and catch-up subscriptions of a stream and of `$all`. */
export function readHandler(context: ServerContext): RpcHandler {
  return serverStreaming(streams.ReadReq, async (message, call) => {
    const request = parseReadRequest(message);
    const { source, count } = request;
    context.authorization.requireAccess(
      call.principal,
      source.kind === 'stream' ? source.streamName : ALL_STREAMS,
      'read',
    );
    const encode = eventEncoderFor(request, context.store.streams, context.reader);
    if (source.kind === 'stream') {
      if (count === undefined)
        await runSubscription(context, call, new StreamFeed(context, source.streamName, source.from, encode));
      else await readStream(context, call, source.streamName, source.from, count, request, encode);
    } else if (count === undefined) {
      await runSubscription(context, call, new AllFeed(context, source.from, request.filter, encode));
    } else {
      await readAll(context, call, source.from, count, request, encode);
    }
  });
}

async function readStream(
  context: ServerContext,
  call: GrpcCall,
  streamName: string,
  from: RevisionStart,
  count: number,
  request: ReadRequest,
  encode: EventEncoder,
): Promise<void> {
  if (count === 0) throw badReadArgument("maxCount should be positive. (Parameter 'maxCount')");
  if (from === 'end' && !request.backwards)
    throw badReadArgument("fromEventNumber should be non negative. (Parameter 'fromEventNumber')");
  const { store, reader } = context;
  const buffer = new FrameBuffer();
  let sent = 0;
  const visit: EventVisitor = (frame) => {
    buffer.add(encode(frame));
    return ++sent < count && !buffer.isFull;
  };
  let next = from === 'start' ? 0 : from === 'end' ? Number.MAX_SAFE_INTEGER : from;
  for (;;) {
    const stream = store.streams.get(streamName); // it may have been deleted since the last buffer
    const state = readStatus(stream);
    if (state === 'tombstoned') throw streamDeleted(streamName);
    if (state === 'notFound') {
      if (sent === 0) call.write(streamNotFound(streamName));
      call.end();
      return;
    }
    next = request.backwards ? reader.backwards(stream, next, visit) : reader.forwards(stream, next, visit);
    const isOver = sent >= count || (request.backwards ? next < 0 : next > stream.lastRevision);
    if (isOver && request.includeStreamPositions) {
      if (sent === 0) buffer.add(firstStreamPosition(stream.lastRevision + 1));
      buffer.add(lastStreamPosition(stream.lastRevision));
    }
    if (!buffer.isEmpty) call.write(buffer.take());
    if (isOver) break;
    await call.drained();
    if (call.isOver) return;
  }
  call.end();
}

async function readAll(
  context: ServerContext,
  call: GrpcCall,
  from: PositionStart,
  count: number,
  request: ReadRequest,
  encode: EventEncoder,
): Promise<void> {
  const { store, reader } = context;
  const matches = request.filter?.matches;
  const buffer = new FrameBuffer();
  let sent = 0;
  let examined = 0;
  const visit: EventVisitor = (frame) => {
    examined++;
    if (matches !== undefined) {
      const { streamName, type } = parseEventFrame(frame);
      if (!matches({ streamName, eventType: type })) return examined < MAX_EVENTS_PER_SLICE;
    }
    buffer.add(encode(frame));
    return ++sent < count && !buffer.isFull && examined < MAX_EVENTS_PER_SLICE;
  };
  let next = from === 'start' ? 0 : from === 'end' ? store.endPosition : from.commit;
  for (let isOver = count === 0; !isOver;) {
    examined = 0;
    next = request.backwards ? reader.allBackwards(next, visit) : reader.allForwards(next, visit);
    isOver = sent >= count || (request.backwards ? next <= 0 : next >= store.endPosition);
    if (!buffer.isEmpty) call.write(buffer.take());
    if (isOver) break;
    await (buffer.isEmpty ? setImmediate() : call.drained());
    if (call.isOver) return;
  }
  call.end();
}
