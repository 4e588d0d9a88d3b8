import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataLossError, type Table } from './checked-table.js';
import { CommitQueue } from './commit-queue.js';
import { parseEventFrame, type ProposedEvent } from './event-frame.js';
import { eventIdKey, positionBytes, revisionKey } from './keys.js';
import { LogReader } from './log-reader.js';
import { LogStore } from './log-store.js';
import { LogWriter } from './log-writer.js';
import { Scavenge } from './scavenge.js';
import { verifyStore } from './verify.js';

const EMPTY = Buffer.alloc(0);
const nowMs = (): number => 1_000;
const event = (data = '{}', type = 'T'): ProposedEvent => ({
  id: randomBytes(16),
  type: Buffer.from(type),
  isJson: true,
  customMetadata: EMPTY,
  data: Buffer.from(data),
});

describe('a store with damaged rows', () => {
  let directory: string;
  let store: LogStore;
  const open = (): void => void (store = LogStore.open({ directory, durable: true }));
  const append = (name: string, ...events: ProposedEvent[]): void => {
    const writer = new LogWriter(store, { nowMs, newEventId: () => randomBytes(16) });
    store.transaction(() => writer.append(name, { kind: 'any' }, events));
  };
  const reopen = async (): Promise<void> => {
    await store.close();
    open();
  };
  /** Data of a stream's events. */
  const read = (name: string): string[] => {
    const found: string[] = [];
    new LogReader(store, nowMs).forwards(store.streams.get(name), 0, (frame) => {
      found.push(parseEventFrame(frame).data.toString());
      return true;
    });
    return found;
  };
  const readAll = (): number => {
    let count = 0;
    new LogReader(store, nowMs).allForwards(0, () => ++count > 0);
    return count;
  };
  const readAllBackwards = (): number => {
    let count = 0;
    new LogReader(store, nowMs).allBackwards(store.endPosition, () => ++count > 0);
    return count;
  };
  const raw = (write: () => void): void => void store.tables.transaction(write);
  const flip = (table: Table, key: Buffer, byte: number): void =>
    raw(() => {
      const value = Buffer.from(table.getBinary(key) ?? EMPTY);
      value.writeUInt8(value.readUInt8(byte) ^ 1, byte);
      table.putSync(Buffer.from(key), value);
    });
  const damage = (): string[] => [...verifyStore(store)];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'damage-'));
    open();
    append('a-1', event('0'), event('1'), event('2'));
    append('b-1', event('0'), event('1'));
  });
  afterEach(async () => {
    await store.close().catch(() => undefined);
    rmSync(directory, { recursive: true });
  });

  it('is not told from the end of the log, where there is no event yet', () => {
    append('a', event(), event());
    expect(store.nearestPosition(store.endPosition, true)).toBe(store.endPosition - 1);
    expect(store.nearestRevision(store.streams.get('a'), 5, true)).toBe(1);
  });

  it('has no damage before', () => expect(damage()).toEqual([]));

  it('fails to read an event whose bit flipped, and the others not', async () => {
    const bytes = store.tables.events.getBinary(positionBytes(2))?.length ?? 0;
    for (const byte of [1, 4, 20, 60, bytes - 6, bytes - 1]) {
      flip(store.tables.events, positionBytes(2), byte);
      expect(() => read('a-1')).toThrow('$all@2: the stored data are damaged (wrong checksum)');
      expect(() => readAll()).toThrow('$all@2');
      expect(read('b-1')).toEqual(['0', '1']);
      expect(damage()).toEqual(['$all@2: the stored data are damaged (wrong checksum)']);
      flip(store.tables.events, positionBytes(2), byte);
    }
    await reopen();
    expect(read('a-1')).toEqual(['0', '1', '2']);
  });

  it('fails to read an event that is missing', () => {
    raw(() => store.tables.events.removeSync(positionBytes(2)));
    expect(() => read('a-1')).toThrow('a-1@1: the stored data are damaged (the event is missing)');
    expect(() => readAll()).toThrow('$all@2: the stored data are damaged (it is missing)');
    expect(damage()).toContain('$all@2: the stored data are damaged (it is missing)');
  });

  it('reads nothing else, and ends, if a key is damaged and so out of order', async () => {
    const count = 60;
    for (let n = 3; n < count; n++) append('a-1', event(String(n)));
    const expected = read('a-1');
    await store.close();
    const path = join(directory, 'store.mdb');
    const sound = readFileSync(path);
    let failures = 0;
    for (let position = 1; position <= count; position++) {
      // In leaves before the event, in branches before nothing.
      const lengthAndKey = Buffer.from([6, 0, 0, 0, 0, 0, 0, position]);
      for (let at = sound.indexOf(lengthAndKey); at >= 0; at = sound.indexOf(lengthAndKey, at + 1)) {
        const bytes = Buffer.from(sound);
        bytes.writeUInt8(position ^ (1 << (position % 7)), at + 7);
        writeFileSync(path, bytes);
        try {
          open();
        } catch (error) {
          expect(error).toBeInstanceOf(DataLossError);
          failures++;
          continue;
        }
        for (const readEvents of [() => read('a-1'), () => readAll(), () => readAllBackwards()])
          try {
            const found = readEvents();
            expect(found).toEqual(Array.isArray(found) ? expected : count + 2);
          } catch (error) {
            if (!(error instanceof DataLossError)) throw error;
            failures++;
          }
        damage();
        await store.tables.close();
      }
    }
    expect(failures).toBeGreaterThan(0);
    writeFileSync(path, sound);
    open();
  });

  it.each([4, 5])('answers no retry from a row of the index of ids whose byte %s is damaged', async (byte) => {
    const written = event();
    append('a-1', written);
    append('a-1', written);
    expect(store.streams.get('a-1').lastRevision).toBe(3);
    await reopen();
    flip(store.tables.eventIds, eventIdKey(store.streams.get('a-1').id, written.id), byte);
    expect(() => append('a-1', written)).toThrow('the index of ids refers to another event');
    expect(damage()).toHaveLength(1);
  });

  it('fails to open if the last events are missing', async () => {
    await reopen();
    raw(() => store.tables.events.removeSync(positionBytes(5)));
    await store.tables.close();
    expect(open).toThrow('$all@5: the stored data are damaged (it is missing)');
  });

  it('fails to read a revision that refers to another event', () => {
    const id = store.streams.get('a-1').id;
    raw(() => store.tables.revisions.putSync(revisionKey(id, 1), Buffer.from(positionBytes(5))));
    expect(() => read('a-1')).toThrow('a-1@1: the stored data are damaged (there is another event instead of it)');
    expect(damage().join()).toContain('a-1@1');
  });

  it('fails to read a revision that is missing, in both directions', () => {
    const id = store.streams.get('a-1').id;
    raw(() => store.tables.revisions.removeSync(revisionKey(id, 1)));
    expect(() => read('a-1')).toThrow('a-1@1: the stored data are damaged (it is missing)');
    expect(() => new LogReader(store, nowMs).backwards(store.streams.get('a-1'), 2, () => true)).toThrow('a-1@1');
    expect(damage().join()).toContain('a-1@1');
  });

  it.each(['a-1', '$ce-a', '$et-T', '$streams'])('does not take the lost row of %s for no stream', async (name) => {
    await reopen();
    raw(() => store.tables.streams.raw.removeSync(Buffer.concat([Buffer.of(0), Buffer.from(name)])));
    expect(() => read(name)).toThrow(
      /table streams, row .*: the stored data are damaged \(the row before it is missing/,
    );
    expect(damage()).not.toEqual([]);
  });

  it('fails to read a stream whose row has a flipped bit', async () => {
    await reopen();
    flip(store.tables.streams.raw, Buffer.concat([Buffer.of(0), Buffer.from('a-1')]), 9);
    expect(() => read('a-1')).toThrow('wrong checksum');
    expect(damage()).not.toEqual([]);
  });

  it('fails to read an index whose page has a flipped bit, or is missing', async () => {
    const [page] = [...store.tables.links.raw.getKeys({ limit: 1 })];
    flip(store.tables.links.raw, page ?? EMPTY, 5);
    await reopen();
    expect(() => read('$ce-a')).toThrow('wrong checksum');
    raw(() => store.tables.links.raw.removeSync(page ?? EMPTY));
    await reopen();
    expect(() => read('$ce-a')).toThrow('it is missing');
    expect(damage()).not.toEqual([]);
  });

  it('tells what was scavenged from what was lost', async () => {
    append('$$a-1', event('{"$maxCount":1}', '$metadata'));
    const commits = new CommitQueue(store);
    await new Scavenge(store, new LogReader(store, nowMs), commits, nowMs).run();
    expect([read('a-1'), read('b-1')]).toEqual([['2'], ['0', '1']]);
    expect(readAll()).toBe(4);
    expect(damage()).toEqual([]);
    await reopen();
    expect(read('$ce-b')).toHaveLength(2);
    expect(damage()).toEqual([]);
  });

  it('gives the events of an earlier format their checksums by a scavenge', async () => {
    raw(() => {
      for (const { key, value } of [...store.tables.events.getRange()])
        store.tables.events.putSync(key, value.subarray(0, value.length - 4));
      store.tables.state.put(Buffer.from('checksumsFrom'), positionBytes(store.endPosition));
    });
    await reopen();
    expect(read('a-1')).toEqual(['0', '1', '2']);
    const length = (): number => store.tables.events.getBinary(positionBytes(2))?.length ?? 0;
    const before = length();
    await new Scavenge(store, new LogReader(store, nowMs), new CommitQueue(store), nowMs).run();
    expect(length()).toBe(before + 4);
    flip(store.tables.events, positionBytes(2), 60);
    expect(() => read('a-1')).toThrow('wrong checksum');
    await store.tables.close();
    open();
    expect(() => read('a-1')).toThrow('wrong checksum');
  });
});
