import { type AuthorizationProvider } from './security/authorization-provider.js';
import { type CommitQueue } from './storage/commit-queue.js';
import { type EventId } from './storage/event-id.js';
import { type LogReader } from './storage/log-reader.js';
import { type LogStore } from './storage/log-store.js';
import { type LogTail } from './storage/log-tail.js';
import { type LogWriter } from './storage/log-writer.js';

/**
 * Dependencies of the gRPC services.
 *
 * A service is a {@link import('./grpc/dispatcher.js').GrpcService}, built from this context and registered in
 * `services.ts`. `reader` reads a stream or `$all` from any position; `tail` notifies of new events; `commits.submit(()
 * => writer.append(…))` writes: the callback sees all earlier writes, also those of the same transaction, and the
 * promise resolves once they are synced to disk.
 */
export interface ServerContext {
  readonly store: LogStore;
  readonly reader: LogReader;
  readonly tail: LogTail;
  readonly writer: LogWriter;
  readonly commits: CommitQueue;
  readonly authorization: AuthorizationProvider;
  /** Milliseconds since 1970; never decreases. */
  nowMs(this: void): number;
  /** Id of an event that the server itself writes. */
  newEventId(this: void): EventId;
}
