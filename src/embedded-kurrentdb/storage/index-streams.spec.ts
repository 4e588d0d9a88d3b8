import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, open as openTables } from 'lmdb';
import fc from 'fast-check';
import { parseEventFrame } from './event-frame.js';
import { LogReader } from './log-reader.js';
import { LogStore } from './log-store.js';
import { type ProposedEvent } from './event-frame.js';
import { LogWriter } from './log-writer.js';

const PREVIOUS_FORMAT = Buffer.from('penguin-pool-embedded-kurrentdb 1');

const event = (type = 'tested', data = '', customMetadata = ''): ProposedEvent => ({
  id: randomBytes(16),
  type: Buffer.from(type),
  isJson: false,
  customMetadata: Buffer.from(customMetadata),
  data: Buffer.from(data),
});
const events = (count: number): ProposedEvent[] => Array.from({ length: count }, () => event());

/** Takes the checksums from the rows of a store, and what else earlier formats do not have. */
async function downgrade(directory: string, format: Buffer): Promise<void> {
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = openTables<Buffer, Buffer>({
    path: join(directory, 'store.mdb'),
    noSubdir: true,
    maxDbs: 16,
    ...binary,
  });
  const table = (name: string): Database<Buffer, Buffer> => root.openDB<Buffer, Buffer>({ name, ...binary });
  root.transactionSync(() => {
    for (const name of ['streams', 'links', 'users', 'state', 'events'])
      for (const { key, value } of [...table(name).getRange()])
        table(name).putSync(key, value.subarray(0, name === 'streams' ? 16 : value.length - 4));
    table('streams').removeSync(Buffer.of(2));
    table('gaps').clearSync();
    table('state').removeSync(Buffer.from('checksumsFrom'));
    table('state').putSync(Buffer.from('format'), format);
  });
  await root.close();
}

describe('index streams', () => {
  let directory: string;
  let store: LogStore;
  let writer: LogWriter;
  const open = (): void => {
    store = LogStore.open({ directory, durable: true });
    writer = new LogWriter(store, { nowMs: () => 1000, newEventId: () => randomBytes(16) });
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'index-streams-'));
    open();
  });
  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const append = (streamName: string, appended: readonly ProposedEvent[]): void =>
    void store.transaction(() => writer.append(streamName, { kind: 'any' }, appended));
  /** Revision and data of each event of the stream. */
  const read = (streamName: string, backwards = false, from = backwards ? Number.MAX_SAFE_INTEGER : 0): string[] => {
    const found: string[] = [];
    const visit = (frame: Buffer, _position: number, revision: number): boolean =>
      found.push(`${revision}: ${parseEventFrame(frame).data.toString()}`) > 0;
    const reader = new LogReader(store, () => 2000);
    const stream = store.streams.get(streamName);
    if (backwards) reader.backwards(stream, from, visit);
    else reader.forwards(stream, from, visit);
    return found;
  };

  it('span many pages and are read in both directions from any revision', async () => {
    for (const count of [1, 62, 1, 1, 200, 64, 128, 5]) append('many-1', events(count));
    const expected = Array.from({ length: 462 }, (_, n) => `${n}: ${n}@many-1`);
    expect(read('$ce-many')).toEqual(expected);
    expect(read('$ce-many', true)).toEqual([...expected].reverse());
    expect(read('$ce-many', false, 64)).toEqual(expected.slice(64));
    expect(read('$ce-many', true, 127)).toEqual(expected.slice(0, 128).reverse());
    await store.close();
    open();
    append('many-2', events(1));
    expect(read('$ce-many').slice(-2)).toEqual(['461: 461@many-1', '462: 0@many-2']);
  });

  it('are unchanged by a transaction that fails', () => {
    append('kept-1', events(1));
    expect(() =>
      store.transaction(() => {
        writer.append('kept-1', { kind: 'any' }, events(3));
        writer.append('new-1', { kind: 'any' }, events(3));
        throw new Error('the disk is full');
      }),
    ).toThrow('the disk is full');
    append('kept-1', events(1));
    expect(read('$ce-kept')).toEqual(['0: 0@kept-1', '1: 1@kept-1']);
    expect(store.streams.get('$ce-new').lastRevision).toBe(-1);
  });

  it('are among the changed streams of a transaction', () => {
    const changed = store.transaction(() => writer.append('told-1', { kind: 'any' }, [event('Told')]));
    expect([...changed].sort()).toEqual(['$category-told', '$ce-told', '$et-Told', '$streams', 'told-1']);
  });

  it('drop removed events in any order and continue their numbering', () => {
    append('gone-1', events(300));
    append('gone-2', events(10));
    const exists = new Array<boolean>(300).fill(true);
    const remaining = ['300: 0@gone-2', '309: 9@gone-2'];
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(299), { minLength: 1, maxLength: 60 }), (revisions) => {
        store.transaction(() => revisions.forEach((revision) => store.remove(store.streams.get('gone-1'), revision)));
        for (const revision of revisions) exists[revision] = false;
        const expected = exists.flatMap((remains, revision) => (remains ? [`${revision}: ${revision}@gone-1`] : []));
        expect(read('$ce-gone').slice(0, -10)).toEqual(expected);
        expect(read('$et-tested', true).slice(10)).toEqual(expected.reverse());
      }),
      { numRuns: 15 },
    );
    store.transaction(() =>
      exists.forEach((remains, revision) => remains && store.remove(store.streams.get('gone-1'), revision)),
    );
    expect(read('$ce-gone')).toEqual(expect.arrayContaining(remaining));
    expect(read('$ce-gone')).toHaveLength(10);
    store.transaction(() =>
      [...new Array(10).keys()].forEach((revision) => store.remove(store.streams.get('gone-2'), revision)),
    );
    expect(read('$ce-gone')).toEqual([]);
    append('gone-3', events(1));
    expect(read('$ce-gone')).toEqual(['310: 0@gone-3']);
  });

  it('give each link a stable and unique id', () => {
    append('ids-1', events(3));
    const ids = (): string[] =>
      ['$ce-ids', '$et-tested', '$streams'].flatMap((name) =>
        [0, 1, 2]
          .map((revision) => store.eventOf(store.streams.get(name), revision))
          .flatMap((found) =>
            found === undefined ? [] : [Buffer.from(parseEventFrame(found.frame).id).toString('hex')],
          ),
      );
    expect(ids()).toEqual(ids());
    expect(new Set(ids()).size).toBe(7);
  });

  it('are built from the log of a store of format 1, which then has the current format', async () => {
    append('old-1', [event('A'), event('B', '', '{"$correlationId":"c"}')]);
    append('old-2', events(25_000));
    store.transaction(() => writer.delete('old-1', { kind: 'any' }));
    store.transaction(() => writer.tombstone('old-2', { kind: 'any' }));
    const names = ['$ce-old', '$et-A', '$et-B', '$et-tested', '$et-$deleted', '$streams', '$category-old', '$bc-c'];
    const before = names.map((name) => read(name));
    store.transaction(() => {
      store.tables.links.raw.clearSync();
      for (const name of names) store.tables.streams.raw.removeSync(Buffer.concat([Buffer.of(0), Buffer.from(name)]));
    });
    await store.close();
    await downgrade(directory, PREVIOUS_FORMAT);
    writeFileSync(join(directory, 'format'), PREVIOUS_FORMAT);
    open();
    expect(names.map((name) => read(name))).toEqual(before);
    expect(before.every((found) => found.length > 0)).toBe(true);
    await store.close();
    open();
    expect(store.tables.needsIndexBackfill).toBe(false);
    expect(names.map((name) => read(name))).toEqual(before);
  });

  it('cannot be written', () => {
    expect(() => store.transaction(() => writer.append('$ce-x', { kind: 'any' }, [event()]))).toThrow(
      '$ce-x is an index stream',
    );
    expect(store.streams.get('$ce-x').id).toBe(0);
  });

  it('exclude system streams', () => {
    append('$own-1', [event('Own', '', '{"$correlationId":"own"}')]);
    expect(['$ce-$own', '$et-Own', '$streams', '$bc-own'].flatMap((name) => read(name))).toEqual([]);
  });
});
