import { type AuthorizationProvider } from './security/authorization-provider.js';
import { type CommitQueue } from './storage/commit-queue.js';
import { type EventId } from './storage/event-id.js';
import { type LogReader } from './storage/log-reader.js';
import { type LogStore } from './storage/log-store.js';
import { type LogTail } from './storage/log-tail.js';
import { type LogWriter } from './storage/log-writer.js';

/**
 * What the protocol's services work with.
 *
 * A service is an object of {@link import('./grpc/dispatcher.js').GrpcService}, made from this and registered in `server.ts`. It reads a
 * stream or `$all` from any place with `reader` (nothing is buffered: its visitor stops when it has enough, and goes on later), hears
 * of new events from `tail`, and writes by `commits.submit(() => writes.append(…))`: what runs inside sees all earlier writes, also
 * those of the same transaction, and the promise resolves when they are on the disk. `event-presentation.ts` makes the answers'
 * events, links resolved.
 */
export interface ServerContext {
  readonly store: LogStore;
  readonly reader: LogReader;
  readonly tail: LogTail;
  readonly writer: LogWriter;
  readonly commits: CommitQueue;
  readonly authorization: AuthorizationProvider;
  /** Milliseconds since 1970; never goes back. */
  nowMs(this: void): number;
  /** The id of an event that the server makes itself. */
  newEventId(this: void): EventId;
}
