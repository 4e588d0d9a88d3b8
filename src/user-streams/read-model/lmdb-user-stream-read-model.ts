import {
  type Freshness,
  METADATA_PREFIX,
  originalStreamOf,
  type Position,
  type ReadModel,
  type ReadModelDefinition,
  USER_STREAM_PREFIX,
} from '../../event-store/index.js';
import {
  type ProcessedRequest,
  type StoredData,
  type UserStreamListener,
  type UserStreamReadModel,
} from '../application/index.js';
import {
  type AccessChange,
  keyOfStream,
  type ListName,
  NO_USAGE,
  type Usage,
  type UserStream,
  type UserStreamKey,
} from '../domain/index.js';
import { AccessOverlay } from './access-overlay.js';
import { compareKeys, listedKeys } from './listing-index.js';
import { mergeSorted } from './merge-sorted.js';
import { type Beginnings, UserStreamProjection } from './user-stream-projection.js';
import { isShown, openTables, rowOf, type StreamRow, type Tables } from './user-stream-tables.js';

export function userStreamsReadModelOf(beginnings: Beginnings): ReadModelDefinition {
  return {
    name: 'user-streams',
    version: 3,
    streamNamePrefixes: [USER_STREAM_PREFIX, `${METADATA_PREFIX}${USER_STREAM_PREFIX}`],
    tables: ['streams', 'listed', 'data', 'moments', 'usage', 'requests'],
    // They count as revisions: a stream with a malformed event must stay writable.
    includeMalformed: true,
    apply: (tables, events) => new UserStreamProjection(openTables(tables), beginnings).apply(events),
  };
}

/** For a store that nobody else writes to. */
export const userStreamsReadModel = userStreamsReadModelOf({ accepts: () => true, reportForeign: () => undefined });

/** {@link UserStreamReadModel} in LMDB tables. */
export class LmdbUserStreamReadModel implements UserStreamReadModel {
  readonly #tables: Tables;
  readonly #overlay = new AccessOverlay();
  readonly #listeners = new Set<UserStreamListener>();

  constructor(
    private readonly model: ReadModel,
    private readonly freshness: Pick<Freshness, 'isFresh'>,
  ) {
    this.#tables = openTables(model);
    model.listen({
      onCleared: () => this.#overlay.clear(),
      onEvents: (events) => {
        this.#overlay.dropApplied(events);
        if (this.#listeners.size > 0)
          this.#notify(new Set(events.map(({ streamName }) => originalStreamOf(streamName))));
      },
    });
  }

  get isCaughtUp(): boolean {
    return this.model.isCaughtUp;
  }

  get isFresh(): boolean {
    return this.freshness.isFresh;
  }

  get interruption(): Error | undefined {
    return this.model.interruption;
  }

  stream(key: UserStreamKey): UserStream | undefined {
    const stream = this.#tables.streams.get(rowOf(key));
    return stream && isShown(stream) ? this.#overlay.applyTo(stream) : undefined;
  }

  data(key: UserStreamKey): StoredData | undefined {
    return this.#tables.data.get(rowOf(key));
  }

  *streamsOf(userId: string, after?: UserStreamKey): Iterable<UserStream> {
    const start = after ? rowOf(after) : [userId];
    for (const { key, value } of this.#tables.streams.getRange({
      start: start as StreamRow,
      exclusiveStart: after !== undefined,
    })) {
      if (key[0] !== userId) return;
      if (isShown(value)) yield this.#overlay.applyTo(value);
    }
  }

  *listedStreams(
    userId: string,
    list: ListName,
    grantees: readonly string[],
    after?: UserStreamKey,
  ): Iterable<UserStream> {
    const listed = listedKeys(this.#tables.listed, userId, list, grantees, after);
    for (const key of mergeSorted([this.#changedKeys(userId, after), listed], compareKeys)) {
      const stream = this.stream(key);
      if (stream) yield stream;
    }
  }

  /** Streams of a user whose changes of access the index does not have yet. */
  #changedKeys(userId: string, after: UserStreamKey | undefined): readonly UserStreamKey[] {
    return [...this.#overlay.names()]
      .flatMap((name) => keyOfStream(name) ?? [])
      .filter((key) => key.userId === userId && (!after || compareKeys(key, after) > 0))
      .sort(compareKeys);
  }

  usage(userId: string): Usage {
    return this.#tables.usage.get(userId) ?? NO_USAGE;
  }

  processed(requestKey: string): ProcessedRequest | undefined {
    return this.#tables.requests.get(requestKey);
  }

  revisionAt(key: UserStreamKey, at: number): number | undefined {
    const row = rowOf(key);
    const stream = this.#tables.streams.get(row);
    if (stream && isShown(stream) && stream.updatedAt <= at)
      return this.#overlay.revisionAt(stream, at) ?? stream.revision;
    for (const found of this.#tables.moments.getKeys({
      start: [...row, at, Number.MAX_SAFE_INTEGER],
      end: row,
      reverse: true,
      limit: 1,
    }))
      return found[4];
    return undefined;
  }

  waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    return this.model.waitFor(position, timeoutMs);
  }

  applyAhead(streamName: string, change: AccessChange): void {
    const key = keyOfStream(streamName);
    this.#overlay.put(streamName, change, key && this.#tables.streams.get(rowOf(key)));
    this.#notify(new Set([streamName]));
  }

  listen(listener: UserStreamListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #notify(streamNames: ReadonlySet<string>): void {
    for (const listener of this.#listeners) listener(streamNames);
  }
}
