import { ConnectionError, InsufficientStorageError, type Position } from '../../event-store/domain/index.js';
import { type AccessChange, type ListName, type Usage, type UserStream, type UserStreamKey } from '../domain/index.js';

export interface StoredData {
  /** JSON of an object, as stored. */
  readonly json: string;
  readonly revision: number;
  readonly eventId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Name and version of the JSON Schema that they were validated by; absent for events of other writers. */
  readonly schema?: string;
}

export interface ProcessedRequest {
  readonly streamName: string;
  /** Hash of the request: a different request with the same key is rejected. */
  readonly fingerprint: string;
  /** Revisions of its first and its last event. */
  readonly first: number;
  readonly last: number;
  readonly eventId: string;
  readonly at: number;
}

/** @param streamNames names of the streams whose events or metadata have changed */
export type UserStreamListener = (streamNames: ReadonlySet<string>) => void;

export interface UserStreamReadModel {
  /**
   * False during the initial catch-up and after a lost connection. If true, it may still be behind: {@link isFresh}.
   */
  readonly isCaughtUp: boolean;
  /** Whether it is shown to have every event that was in the store a second ago. */
  readonly isFresh: boolean;
  /** Why the streams are not followed at the moment. */
  readonly interruption: Error | undefined;
  /** Undefined for a stream without events. */
  stream(key: UserStreamKey): UserStream | undefined;
  data(key: UserStreamKey): StoredData | undefined;
  /** Streams of a user by type and category, from the one that follows `after`. */
  streamsOf(userId: string, after?: UserStreamKey): Iterable<UserStream>;
  /** Those of a list that the permissions show to these grantees, in the same order. Does not read any other. */
  listedStreams(
    userId: string,
    list: ListName,
    grantees: readonly string[],
    after?: UserStreamKey,
  ): Iterable<UserStream>;
  usage(userId: string): Usage;
  processed(requestKey: string): ProcessedRequest | undefined;
  /** Revision of the last event up to `at` (milliseconds since 1970); undefined before the first event. */
  revisionAt(key: UserStreamKey, at: number): number | undefined;
  /** @returns false if the read model has not reached the position within `timeoutMs` */
  waitFor(position: Position, timeoutMs: number): Promise<boolean>;
  /** Puts a change of access that is in the store in force at once, before the tables have it. */
  applyAhead(streamName: string, change: AccessChange): void;
  /** Notifies of changed streams, once {@link stream} shows the change. @returns removes the listener */
  listen(listener: UserStreamListener): () => void;
}

/**
 * Stale permissions must not grant access.
 *
 * @throws ConnectionError, InsufficientStorageError unless the read model is caught up
 */
export function assertCaughtUp({
  isCaughtUp,
  interruption,
}: Pick<UserStreamReadModel, 'isCaughtUp' | 'interruption'>): void {
  if (isCaughtUp) return;
  if (interruption instanceof InsufficientStorageError) throw interruption;
  throw new ConnectionError('The read model of user streams is not up to date with KurrentDB; retry in a moment');
}
