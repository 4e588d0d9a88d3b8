import { crc32 } from 'node:zlib';
import { type CheckedTable, type Table } from './checked-table.js';
import { lastPositionIn } from './event-table.js';
import { Gaps, LOG } from './gaps.js';
import { firstRevisionOf } from './index-pages.js';
import {
  decodeStreamRow,
  encodeStreamRow,
  END_STREAM_KEY,
  indexPageKey,
  indexPageNumber,
  positionBytes,
  readUint48,
  revisionKey,
  revisionOfKey,
} from './keys.js';
import { FIRST_POSITION, STATE, type TableSet } from './table-set.js';

/** In a transaction: the rows of a new store. */
export function initializeRows({ state, streams }: TableSet): void {
  state.put(STATE.nextPosition, positionBytes(FIRST_POSITION));
  state.put(STATE.checksumsFrom, positionBytes(FIRST_POSITION));
  state.put(STATE.eventIdsIndexedTo, positionBytes(0));
  const id = Buffer.alloc(4);
  id.writeUInt32BE(1);
  state.put(STATE.nextStreamId, id);
  streams.put(END_STREAM_KEY, encodeStreamRow({ id: 0, lastRevision: -1, tombstonePosition: 0, previous: 0 }));
}

/**
 * In a transaction: gives the rows of a store of format 1 or 2 their checksums, and notes which rows were scavenged.
 * The events themselves are not rewritten: a scavenge does that.
 */
export function upgradeRows(tables: TableSet, hasIndexes: boolean): void {
  const end = Math.max(rawPosition(tables, STATE.nextPosition) ?? 1, lastPositionIn(tables) + 1);
  const linkedTo = rawPosition(tables, STATE.linkedTo);
  const indexedTo = rawPosition(tables, STATE.eventIdsIndexedTo) ?? 0;
  const nextStreamId = tables.state.raw.getBinary(STATE.nextStreamId);
  const streamRows = [...tables.streams.raw.getRange()].map(({ key, value }) => ({ key, row: decodeStreamRow(value) }));

  initializeRows(tables);
  tables.state.put(STATE.nextPosition, positionBytes(end));
  tables.state.put(STATE.checksumsFrom, positionBytes(end));
  tables.state.put(STATE.eventIdsIndexedTo, positionBytes(indexedTo));
  if (nextStreamId !== undefined) tables.state.put(STATE.nextStreamId, nextStreamId);
  if (hasIndexes) tables.state.remove(STATE.linkedTo);
  else tables.state.put(STATE.linkedTo, positionBytes(linkedTo ?? 0));

  addChecksums(tables.users);
  addChecksums(tables.links);
  const gaps = new Gaps(tables.gaps);
  addGapsOfLog(tables, gaps, end);
  let previous = 0;
  for (const { key, row } of streamRows) {
    const lastPage = addGapsOfIndex(tables, gaps, row.id);
    if (lastPage === undefined) addGapsOfStream(tables, gaps, row.id, row.lastRevision);
    const lastRevision = lastPage === undefined ? row.lastRevision : firstRevisionOf(lastPage);
    tables.streams.put(key, encodeStreamRow({ ...row, lastRevision, previous }));
    previous = crc32(key);
  }
  tables.streams.put(END_STREAM_KEY, encodeStreamRow({ id: 0, lastRevision: -1, tombstonePosition: 0, previous }));
}

function rawPosition({ state }: TableSet, key: Buffer): number | undefined {
  const bytes = state.raw.getBinary(key);
  return bytes === undefined ? undefined : readUint48(bytes, 0);
}

function addChecksums(table: CheckedTable): void {
  for (const key of [...table.raw.getKeys()]) {
    const value = table.raw.getBinary(key);
    if (value !== undefined) table.put(key, value);
  }
}

function addGapsOfLog({ events }: TableSet, gaps: Gaps, end: number): void {
  let next = 1;
  for (const key of events.getKeys({ snapshot: false })) {
    const position = readUint48(key, 0);
    for (; next < position; next++) gaps.add(LOG, next);
    next = position + 1;
  }
  for (; next < end; next++) gaps.add(LOG, next);
}

function addGapsOfStream({ revisions }: TableSet, gaps: Gaps, id: number, lastRevision: number): void {
  let next = 0;
  for (const key of keysOf(revisions, id, revisionKey)) {
    for (; next < revisionOfKey(key); next++) gaps.add(id, next);
    next = revisionOfKey(key) + 1;
  }
  for (; next <= lastRevision; next++) gaps.add(id, next);
}

/** Returns the number of the last page; undefined for an ordinary stream. */
function addGapsOfIndex({ links }: TableSet, gaps: Gaps, id: number): number | undefined {
  let next = 0;
  for (const key of keysOf(links.raw, id, indexPageKey)) {
    for (; next < indexPageNumber(key); next++) gaps.add(id, next);
    next = indexPageNumber(key) + 1;
  }
  return next === 0 ? undefined : next - 1;
}

function keysOf(table: Table, id: number, keyOf: (id: number, number: number) => Buffer): Iterable<Buffer> {
  return table.getKeys({ start: Buffer.from(keyOf(id, 0)), end: Buffer.from(keyOf(id + 1, 0)) });
}
