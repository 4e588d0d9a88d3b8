import { existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { DataLossError } from './checked-table.js';
import { parseEventFrame, verifiedFrame } from './event-frame.js';
import { positionBytes, readUint48 } from './keys.js';
import { LogStore } from './log-store.js';
import { STORE_FILE } from './store-file.js';
import { STATE } from './table-set.js';

const EVENTS_PER_TRANSACTION = 1000;
const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;
/** Position whose read ended the process: it is left out by the next one. */
const READING_FILE = 'salvaging';

/**
 * Copies every event that can be read from a damaged store into a new one; continues after a process that died. Index streams and
 * ids are rebuilt; users are not copied.
 *
 * @returns how many events the new store has, and the positions that could not be read
 */
export async function salvage(from: string, to: string): Promise<{ events: number; lost: readonly string[] }> {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const reading = join(to, READING_FILE);
  const died = existsSync(reading) ? Number(readFileSync(reading, 'utf8')) : -1;
  const marker = openSync(reading, 'w');
  const store = LogStore.open({ directory: to, durable: true });
  const root = open<Buffer, Buffer>({
    path: join(from, STORE_FILE),
    noSubdir: true,
    readOnly: true,
    maxDbs: 16,
    ...BINARY,
  });
  const events = root.openDB<Buffer, Buffer>({ name: 'events', ...BINARY });
  const state = root.openDB<Buffer, Buffer>({ name: 'state', ...BINARY });
  let end = 0;
  for (const key of events.getKeys({ reverse: true, limit: 1 })) end = readUint48(key, 0) + 1;
  const stored = state.getBinary(STATE.nextPosition);
  if (stored !== undefined && stored.length >= 6) end = Math.max(end, readUint48(stored, 0));
  const checksums = state.getBinary(STATE.checksumsFrom);
  const checksumsFrom = checksums === undefined ? end : readUint48(checksums, 0);
  const lost: string[] = [];
  let copied = 0;
  for (let position = store.endPosition; position < end;)
    store.transaction(() => {
      for (let count = 0; position < end && count < EVENTS_PER_TRANSACTION; count++, position++) {
        writeSync(marker, String(position).padEnd(20), 0);
        const row = position === died ? undefined : events.getBinary(positionBytes(position));
        if (row === undefined) {
          if (position === died) lost.push(`$all@${position}`);
          continue;
        }
        try {
          const frame = verifiedFrame(row, position, checksumsFrom);
          store.restore(parseEventFrame(frame), frame);
          copied++;
        } catch (error) {
          if (!(error instanceof DataLossError)) throw error;
          lost.push(error.message);
        }
      }
      store.skipTo(position);
    });
  await root.close();
  await store.close();
  return { events: copied, lost };
}
