import { type Database } from 'lmdb';
import { type ReadModelTables } from '../../event-store/index.js';
import { type ProcessedRequest, type StoredData } from '../application/index.js';
import { type Usage, type UserStream, type UserStreamKey } from '../domain/index.js';
import { type ListedTable } from './listing-index.js';

export type StreamRow = [userId: string, type: string, category: string];
/** Key prefix of the rows of a user. */
type UserRow = [userId: string];
/**
 * Time of an event that is not the last of its stream: that one is in the row of the stream. `at`: milliseconds since
 * 1970; `revision`: several events may have the same time.
 */
type MomentRow = [userId: string, type: string, category: string, at: number, revision: number];

/** Row of a stream, with what its beginning tells: see {@link isClosed}. */
export interface StoredStream extends UserStream {
  /** Of a stream without events: whether nobody but this service can write the first one. */
  readonly isClosed?: boolean;
  /** Somebody else wrote the first event. The stream is not shown, and does not count. */
  readonly isForeign?: true;
}

export interface Tables {
  readonly streams: Database<StoredStream, StreamRow | UserRow>;
  readonly listed: ListedTable;
  readonly data: Database<StoredData, StreamRow>;
  readonly moments: Database<true, MomentRow | StreamRow>;
  readonly usage: Database<Usage, string>;
  readonly requests: Database<ProcessedRequest, string>;
}

export function openTables(tables: ReadModelTables): Tables {
  return {
    streams: tables.table('streams'),
    listed: tables.table('listed'),
    data: tables.table('data'),
    moments: tables.table('moments'),
    usage: tables.table('usage'),
    requests: tables.table('requests'),
  };
}

export function isShown({ events, isForeign }: StoredStream): boolean {
  return events > 0 && isForeign !== true;
}

export function rowOf({ userId, type, category }: UserStreamKey): StreamRow {
  return [userId, type, category];
}
