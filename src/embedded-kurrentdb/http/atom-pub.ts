import { randomUUID } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { type BudgetShare } from '../../common/subject-budget.js';
import { peerOf } from '../connections.js';
import { MAX_APPEND_SIZE_BYTES, proposedBytes } from '../grpc/streams/proposed-message.js';
import { isValidStreamName } from '../log/index.js';
import { type Principal } from '../log/principal.js';
import { OVER_BUDGET, type RequestMemory } from '../request-memory.js';
import { type ServerContext } from '../server-context.js';
import { eventsOf, expectedVersionOf, HttpError, lacksEventId } from './write-request.js';

/** A response to a write. */
interface WriteResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `/streams/{name}`, and `/streams/{name}/incoming/{event id}` for an event without an id of its own. */
const WRITE_PATH = /^\/streams\/(?<name>[^/]+)(?:\/incoming\/(?<eventId>[^/]+))?\/?$/;
/** A chunk of a body takes about this many bytes beside its own. */
const CHUNK_BYTES = 512;
const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

export const isWritePath = (path: string): boolean => WRITE_PATH.test(path);

interface AppendContext extends Pick<ServerContext, 'authorization' | 'commits' | 'writer'> {
  readonly memory: RequestMemory;
}

/** Appends over AtomPub: the events are in the body. */
export async function appendOverHttp(
  context: AppendContext,
  request: IncomingMessage,
  url: URL,
  principal: Principal,
): Promise<WriteResponse> {
  const memory = context.memory.shareOf(peerOf(request.socket));
  try {
    return await append(context, memory, request, url, principal);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { status: error.status, headers: TEXT, body: error.message };
  } finally {
    memory.release();
  }
}

async function append(
  context: AppendContext,
  memory: BudgetShare,
  request: IncomingMessage,
  url: URL,
  principal: Principal,
): Promise<WriteResponse> {
  const { headers } = request;
  const { name = '', eventId } = WRITE_PATH.exec(url.pathname)?.groups ?? {};
  const streamName = decodeURIComponent(name);
  if (!isValidStreamName(streamName)) throw new HttpError(400, `Invalid stream name '${streamName}'.`);
  if (!context.authorization.checkAccess(principal, streamName, 'write')) throw new HttpError(401, 'Access denied.');
  const base = `${url.origin}/streams/${encodeURIComponent(streamName)}`;
  if (eventId === undefined && lacksEventId(headers))
    return {
      status: 307,
      headers: { ...TEXT, location: `${base}/incoming/${randomUUID()}` },
      body: 'Forwarding to idempotent URI',
    };
  const expected = expectedVersionOf(headers);
  const events = eventsOf(headers, await bodyOf(request, memory), eventId);
  if (events.reduce((sum, event) => sum + proposedBytes(event), 0) > MAX_APPEND_SIZE_BYTES) throw tooLarge();
  const outcome = await context.commits.submit(() => context.writer.append(streamName, expected, events));
  switch (outcome.kind) {
    case 'appended': {
      const first = Math.max(0, outcome.revision - events.length + 1);
      return { status: 201, headers: { ...TEXT, location: `${base}/${first}` } };
    }
    case 'deleted':
      throw new HttpError(410, 'Stream deleted');
    case 'wrongExpectedVersion': {
      const current = String(outcome.currentRevision);
      return {
        status: 400,
        headers: { ...TEXT, 'es-currentversion': current, 'kurrent-currentversion': current },
        body: 'Wrong expected EventNumber',
      };
    }
  }
}

async function bodyOf(request: IncomingMessage, memory: BudgetShare): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_APPEND_SIZE_BYTES) throw tooLarge();
    chunks.push(chunk);
    if (!memory.resize(bytes + chunks.length * CHUNK_BYTES)) throw new HttpError(503, OVER_BUDGET);
  }
  return Buffer.concat(chunks);
}

const tooLarge = (): HttpError => new HttpError(400, `Maximum append size of ${MAX_APPEND_SIZE_BYTES} bytes exceeded.`);
