import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { CheckedTable, DataLossError, type Table } from './checked-table.js';
import { parseEventFrame, verifiedFrame } from './event-frame.js';
import { Gaps, LOG } from './gaps.js';
import { positionBytes, readUint48 } from './keys.js';
import { LogStore } from './log-store.js';
import { SALVAGE_FILE, STORE_FILE } from './store-file.js';
import { STATE } from './table-set.js';

const EVENTS_PER_TRANSACTION = 1000;
const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;

/** What a process that died leaves to the next one, in the directory of the new store. */
interface Progress {
  /** Position that it read, 0 if it died before; the next one leaves it out. */
  readonly position: number;
  /** Processes that died before they read an event. */
  readonly failures: number;
  /** Of the events before those that it was copying. */
  readonly lost: number;
}

const PROGRESS_BYTES = 100;

/**
 * Copies every event that can be read from a damaged store into a new one; continues after a process that died. Index
 * streams and ids are rebuilt; users are not copied.
 *
 * @param report is called with each event that could not be read
 * @returns how many events the new store has, and how many could not be read, by the processes before too
 * @throws Error if two processes died before they read an event
 */
export async function salvage(
  from: string,
  to: string,
  report: (lost: string) => void,
): Promise<{ copied: number; lost: number }> {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const path = join(to, SALVAGE_FILE);
  const left = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Progress) : undefined;
  const failures = left?.position === 0 ? left.failures + 1 : 0;
  if (failures > 1) throw new Error('nothing can be read: opening it ends the process');
  let lost = left?.lost ?? 0;
  const file = openSync(path, 'w', 0o600);
  const note = (position: number): void =>
    void writeSync(file, JSON.stringify({ position, failures, lost } satisfies Progress).padEnd(PROGRESS_BYTES), 0);
  note(0);

  const store = LogStore.open({ directory: to, durable: true });
  const root = open<Buffer, Buffer>({
    path: join(from, STORE_FILE),
    noSubdir: true,
    readOnly: true,
    maxDbs: 16,
    ...BINARY,
  });
  const table = (name: string): Table => root.openDB<Buffer, Buffer>({ name, ...BINARY });
  const events = table('events');
  const state = new CheckedTable(table('state'), 'state');
  const checksumsFrom = positionIn(state, STATE.checksumsFrom) ?? Infinity;
  const gaps = checksumsFrom === Infinity ? undefined : new Gaps(new CheckedTable(table('gaps'), 'gaps'));
  const end = Math.max(
    positionIn(state, STATE.nextPosition) ?? 0,
    (positionIn(state, STATE.eventIdsIndexedTo) ?? 0) + 1,
    failures > 0 ? 0 : endOf(events, checksumsFrom),
  );
  /** Returns why the event is lost; undefined if it is not. */
  const copy = (position: number): string | undefined => {
    if (position === left?.position) return `$all@${position}: reading it ended the process`;
    note(position);
    try {
      const row = events.getBinary(positionBytes(position));
      if (row !== undefined) {
        const frame = verifiedFrame(row, position, checksumsFrom);
        store.restore(parseEventFrame(frame), frame);
      } else gaps?.requireAll(LOG, position, position + 1, '$all');
      return undefined;
    } catch (error) {
      if (!(error instanceof DataLossError)) throw error;
      return error.message;
    }
  };
  for (let position = store.endPosition; position < end;) {
    const problems: string[] = [];
    store.transaction(() => {
      for (let count = 0; position < end && count < EVENTS_PER_TRANSACTION; count++) {
        const problem = copy(position++);
        if (problem !== undefined) problems.push(problem);
      }
      store.skipTo(position);
    });
    lost += problems.length;
    problems.forEach(report);
  }
  const copied = store.tables.events.getKeysCount({});
  closeSync(file);
  await root.close();
  await store.close();
  return { copied, lost };
}

/** Undefined if the row is missing or damaged: in stores of earlier formats none has a checksum. */
function positionIn(state: CheckedTable, key: Buffer): number | undefined {
  try {
    const value = state.get(key);
    return value && readUint48(value, 0);
  } catch (error) {
    if (error instanceof DataLossError) return undefined;
    throw error;
  }
}

/** The position after the last event that can be read: the key of a damaged one says nothing. */
function endOf(events: Table, checksumsFrom: number): number {
  for (const { key, value } of events.getRange({ reverse: true }))
    try {
      const position = readUint48(key, 0);
      verifiedFrame(value, position, checksumsFrom);
      return position + 1;
    } catch (error) {
      if (!(error instanceof DataLossError)) throw error;
    }
  return 0;
}
