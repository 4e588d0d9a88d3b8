import { crc32 } from 'node:zlib';
import { indexScope, indexStreamsOf } from '../log/index.js';
import { DataLossError } from './checked-table.js';
import { type ParsedEvent, parseEventFrame, TOMBSTONE_REVISION } from './event-frame.js';
import { decodeStreamRow, END_STREAM_KEY, readUint48, UINT48_BYTES } from './keys.js';
import { type LogStore } from './log-store.js';

/**
 * Finds all damage of a store: one message each, which names stream@revision, or the row. Memory does not grow with the
 * store.
 */
export function* verifyStore(store: LogStore): Generator<string> {
  yield* verifyEvents(store);
  yield* verifyStreams(store);
  yield* verifyTables(store);
}

/** Sum over the entries of all index streams; their order does not matter. */
class EntrySum {
  #sum = 0;
  readonly #entry = Buffer.alloc(12);

  add(indexId: number, position: number): void {
    this.#entry.writeUInt32BE(indexId, 0);
    this.#entry.writeDoubleBE(position, 4);
    this.#sum = (this.#sum + crc32(this.#entry)) % 2 ** 48;
  }

  get value(): number {
    return this.#sum;
  }
}

function* verifyEvents(store: LogStore): Generator<string> {
  const expected = new EntrySum();
  let isComplete = true;
  for (let position = 1; position < store.endPosition;) {
    let frame: Buffer | undefined;
    const problem = damageOf(() => (frame = store.eventAt(position)));
    if (problem === undefined && frame === undefined) {
      const from = position;
      const gap = damageOf(() => (position = store.nearestPosition(from, false) ?? store.endPosition));
      if (gap === undefined) continue;
      yield gap;
    } else if (problem !== undefined) yield problem;
    else if (frame !== undefined) {
      const event = parseEventFrame(Buffer.from(frame));
      const damage = damageOf(() => requireReferences(store, event, expected));
      if (damage !== undefined) yield damage;
      position++;
      continue;
    }
    isComplete = false;
    position++;
  }
  if (!isComplete) return; // the entries of the events that cannot be read are not known
  const found = new EntrySum();
  for (const { key, value } of store.tables.links.raw.getRange({ snapshot: false }))
    for (let at = 0; at + UINT48_BYTES < value.length; at += UINT48_BYTES)
      if (readUint48(value, at) > 0) found.add(key.readUInt32BE(0), readUint48(value, at));
  if (found.value !== expected.value) yield 'index streams: their entries are not those of the events';
}

/** @throws DataLossError if a table does not refer to the event */
function requireReferences(store: LogStore, event: ParsedEvent, entries: EntrySum): void {
  const { streamName, revision, position } = event;
  const scope = indexScope(streamName);
  if (scope !== undefined)
    for (const name of indexStreamsOf(scope, event)) entries.add(store.streams.get(name).id, position);
  if (revision === TOMBSTONE_REVISION) return;
  const where = `${streamName}@${revision}`;
  const stream = store.streams.get(streamName);
  if (store.positionOf(stream.id, revision) !== position)
    throw new DataLossError(where, 'its stream does not refer to it');
  const indexed = store.lastRevisionOf(stream, event.id);
  if (indexed === undefined || indexed < revision) throw new DataLossError(where, 'its id is not in the index of ids');
}

function* verifyStreams(store: LogStore): Generator<string> {
  const { streams } = store.tables;
  let previous = 0;
  for (const { key } of streams.raw.getRange({ snapshot: false })) {
    let row: ReturnType<typeof decodeStreamRow> | undefined;
    const problem = damageOf(() => (row = decodeStreamRow(streams.require(key))));
    if (problem !== undefined) yield problem;
    else if (row?.previous !== previous) yield streams.damage(key, 'the row before it is missing').message;
    previous = crc32(key);
    if (row === undefined || key.equals(END_STREAM_KEY) || key.readUInt8(0) !== 0) continue;
    const name = key.subarray(1).toString('utf8');
    let last = -1;
    const unreadable = damageOf(() => {
      const stream = store.streams.get(name);
      last = stream.index === undefined ? stream.lastRevision : -1; // the entries of an index are summed up above
    });
    if (unreadable !== undefined) yield unreadable;
    for (let revision = 0; revision <= last; revision++) {
      const found = damageOf(() => store.eventOf(store.streams.get(name), revision));
      if (found !== undefined && !found.startsWith('$all@')) yield found; // those of the log are found above
    }
  }
}

/** The other tables whose rows have checksums. */
function* verifyTables({ tables }: LogStore): Generator<string> {
  for (const table of [tables.links, tables.gaps, tables.users])
    for (const key of table.raw.getKeys({ snapshot: false })) {
      const problem = damageOf(() => table.get(key));
      if (problem !== undefined) yield problem;
    }
}

function damageOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof DataLossError) return error.message;
    throw error;
  }
}
