import { ConnectionError, type Position, type RecordedEvent } from '../../event-store/domain/index.js';
import { type Usage, type UserStream, type UserStreamKey } from '../domain/index.js';

/** The data of a stream, as they were written last. */
export interface StoredData {
  /** JSON of an object, as stored. */
  readonly json: string;
  /** Revision of the event that holds them. */
  readonly revision: number;
  readonly eventId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Name and version of the JSON Schema they were checked against; absent where nobody said. */
  readonly schema?: string;
}

/** A request that was carried out before, found by its key. */
export interface ProcessedRequest {
  readonly streamName: string;
  /** What was asked for; another request with the same key is a mistake. */
  readonly fingerprint: string;
  /** Revision of its first and of its last event. */
  readonly first: number;
  readonly last: number;
  readonly eventId: string;
  readonly at: number;
}

/** The read model of user streams. Keeps up with the store by itself. */
export interface UserStreamReadModel {
  /** It follows the store without interruption; what it says may be a few milliseconds old. */
  readonly isCaughtUp: boolean;
  /** Undefined for a stream that has no event. */
  stream(key: UserStreamKey): UserStream | undefined;
  data(key: UserStreamKey): StoredData | undefined;
  /** A user's streams by type and category, behind the one given. */
  streamsOf(userId: string, after?: UserStreamKey): Iterable<UserStream>;
  usage(userId: string): Usage;
  processed(requestKey: string): ProcessedRequest | undefined;
  /** Revision of the last event that had happened by then (milliseconds since 1970); undefined before the first. */
  revisionAt(key: UserStreamKey, at: number): number | undefined;
  /** @returns false when the table had not passed the position within `timeoutMs` */
  waitFor(position: Position, timeoutMs: number): Promise<boolean>;
  /**
   * Tells of the events of users' streams, as soon as the table has passed them.
   *
   * @returns a function that ends the listening
   */
  listen(listener: (events: readonly RecordedEvent[]) => void): () => void;
}

/** @throws ConnectionError unless the read model is caught up: stale permissions must not grant access */
export function assertCaughtUp({ isCaughtUp }: Pick<UserStreamReadModel, 'isCaughtUp'>): void {
  if (!isCaughtUp)
    throw new ConnectionError('The read model of user streams is not up to date with KurrentDB; retry in a moment');
}
