import {
  AccessDeniedError,
  DeadlineExceededError,
  FORWARDS,
  type KurrentDBClient,
  NotLeaderError,
  StreamDeletedError,
  StreamNotFoundError,
  UnavailableError,
} from '@kurrent/kurrentdb-client';
import { withDeadline } from '../../common/wait.js';
import { type InLog, type InStream, type LogMark, markOf } from '../store-watch/judge-store.js';
import { type MarkReader } from '../store-watch/store-watch.js';
import { lateResponseError, type Operation, translateClientError } from './client-errors.js';
import { lastEventOfAll } from './last-event.js';
import { type RecoveringClient } from './recovering-client.js';

const OPERATION: Operation = { name: 'reading $all' };

/** {@link MarkReader} on the client's native reads, one event each. */
export class LogReader implements MarkReader {
  constructor(
    private readonly clients: Pick<RecoveringClient, 'read'>,
    private readonly timeoutMs: number,
  ) {}

  end(requiresLeader: boolean): Promise<LogMark | undefined> {
    return this.#read(async (client) => {
      const event = await lastEventOfAll(client, { requiresLeader });
      return event && markOf(event);
    });
  }

  inStream(mark: LogMark, requiresLeader: boolean): Promise<InStream> {
    return this.#read(async (client) => {
      try {
        const read = client.readStream(mark.streamName, {
          direction: FORWARDS,
          fromRevision: mark.revision,
          maxCount: 1,
          requiresLeader,
        });
        for await (const { event } of read) {
          if (!event) continue;
          if (event.revision > mark.revision) return 'truncated';
          const isThere = event.id === mark.id && (!event.position || event.position.commit === mark.commit);
          return isThere ? 'same' : 'other';
        }
        return 'nothing';
      } catch (error) {
        if (error instanceof StreamDeletedError) return 'deleted';
        // $all may be readable where a system stream is not.
        if (error instanceof StreamNotFoundError || error instanceof AccessDeniedError) return 'nothing';
        throw error;
      }
    });
  }

  inLog({ commit, prepare, id }: LogMark, requiresLeader: boolean): Promise<InLog> {
    return this.#read(async (client) => {
      const fromPosition = { commit, prepare };
      try {
        for await (const { event } of client.readAll({
          direction: FORWARDS,
          fromPosition,
          maxCount: 1,
          requiresLeader,
        })) {
          if (event?.position?.commit !== commit) return 'nothing';
          return event.id === id ? 'same' : 'other';
        }
        return 'nothing';
      } catch (error) {
        if (isUnanswered(error)) throw error;
        // A real server rejects a position at which no event begins; the client gives that error no type.
        return 'invalid';
      }
    });
  }

  async #read<Value>(read: (client: KurrentDBClient) => Promise<Value>): Promise<Value> {
    const { timeoutMs } = this;
    try {
      return await withDeadline(this.clients.read(read), timeoutMs, () => lateResponseError(OPERATION, timeoutMs));
    } catch (error) {
      throw translateClientError(error, OPERATION);
    }
  }
}

function isUnanswered(error: unknown): boolean {
  return (
    error instanceof UnavailableError ||
    error instanceof DeadlineExceededError ||
    error instanceof NotLeaderError ||
    error instanceof AccessDeniedError
  );
}
