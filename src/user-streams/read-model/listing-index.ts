import { type Database } from 'lmdb';
import { type ListName, listGrantees, listOf, type UserStream, type UserStreamKey } from '../domain/index.js';
import { mergeSorted } from './merge-sorted.js';

/** Streams of a user by list and by the entry of the permissions that shows them there. */
export type ListedRow = [userId: string, list: ListName, grantee: string, type: string, category: string];
/** Key prefix of the rows of one grantee. */
type GranteeRow = [userId: string, list: ListName, grantee: string];
export type ListedTable = Database<true, ListedRow | GranteeRow>;

/** Brings the index up to date with a change of a stream; undefined: it does not exist. */
export function updateListing(
  table: ListedTable,
  key: UserStreamKey,
  before: UserStream | undefined,
  after: UserStream | undefined,
): void {
  if (before && after && isListedAlike(before, after)) return;
  if (before) for (const row of rowsOf(key, before)) table.removeSync(row);
  if (after) for (const row of rowsOf(key, after)) table.putSync(row, true);
}

/**
 * Keys of the streams that the permissions show to these grantees, by type and category, after a key. What the grantees
 * may not see is not read: the time says nothing about it.
 */
export function* listedKeys(
  table: ListedTable,
  userId: string,
  list: ListName,
  grantees: readonly string[],
  after: UserStreamKey | undefined,
): Iterable<UserStreamKey> {
  yield* mergeSorted(
    grantees.map((grantee) => keysOf(table, userId, list, grantee, after)),
    compareKeys,
  );
}

/** The order of the tables. */
export function compareKeys(one: UserStreamKey, other: UserStreamKey): number {
  return compare(one.type, other.type) || compare(one.category, other.category);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function* keysOf(
  table: ListedTable,
  userId: string,
  list: ListName,
  grantee: string,
  after: UserStreamKey | undefined,
): Iterable<UserStreamKey> {
  const start: ListedRow | GranteeRow = after
    ? [userId, list, grantee, after.type, after.category]
    : [userId, list, grantee];
  for (const [rowUser, rowList, rowGrantee, type = '', category = ''] of table.getKeys({ start })) {
    if (rowUser !== userId || rowList !== list || rowGrantee !== grantee) return;
    // The type of a key was checked when its event was applied.
    const key = { userId, type: type as UserStreamKey['type'], category };
    if (!after || compareKeys(key, after) > 0) yield key;
  }
}

/** Events with data change neither permissions nor list. */
function isListedAlike(before: UserStream, after: UserStream): boolean {
  return (
    before.permissions === after.permissions &&
    listOf(before) === listOf(after) &&
    before.events > 0 &&
    after.events > 0
  );
}

function rowsOf({ userId, type, category }: UserStreamKey, stream: UserStream): readonly ListedRow[] {
  return listGrantees(stream).map((grantee) => [userId, listOf(stream), grantee, type, category]);
}
