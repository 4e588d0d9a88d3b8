import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommitQueue } from './commit-queue.js';
import { LogReader } from './log-reader.js';
import { LogStore } from './log-store.js';
import { type ProposedEvent } from './event-frame.js';
import { LogWriter } from './log-writer.js';

const EMPTY = Buffer.alloc(0);
const event = (id: Buffer = randomBytes(16)): ProposedEvent => ({
  id,
  type: Buffer.from('tested'),
  isJson: false,
  customMetadata: EMPTY,
  data: EMPTY,
});
const events = (count: number): ProposedEvent[] => Array.from({ length: count }, () => event());

describe('the store', () => {
  let directory: string;
  let store: LogStore;
  let writer: LogWriter;
  const open = (): void => {
    store = LogStore.open({ directory, durable: true });
    writer = new LogWriter(store, { nowMs: () => 1000, newEventId: () => randomBytes(16) });
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'log-store-'));
    open();
  });
  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('rolls back a transaction that fails', () => {
    store.transaction(() => writer.append('kept', { kind: 'any' }, events(2)));
    const end = store.endPosition;
    expect(() =>
      store.transaction(() => {
        writer.append('kept', { kind: 'any' }, events(3));
        writer.append('new', { kind: 'any' }, events(3));
        throw new Error('the disk is full');
      }),
    ).toThrow('the disk is full');
    expect(store.endPosition).toBe(end);
    expect(store.streams.get('kept').lastRevision).toBe(1);
    expect(store.streams.get('new').lastRevision).toBe(-1);
  });

  it('rolls back the event ids of a transaction that fails', () => {
    const retried = event();
    expect(() =>
      store.transaction(() => {
        writer.append('s', { kind: 'any' }, [retried]);
        throw new Error('the disk is full');
      }),
    ).toThrow();
    store.transaction(() =>
      expect(writer.append('s', { kind: 'any' }, [retried])).toMatchObject({ kind: 'appended', revision: 0 }),
    );
    expect(store.streams.get('s').lastRevision).toBe(0);
  });

  it('fails only the failing write of a group commit', async () => {
    const commits = new CommitQueue(store);
    const outcomes = await Promise.allSettled([
      commits.submit(() => writer.append('a', { kind: 'any' }, events(1))),
      commits.submit(() => {
        writer.append('b', { kind: 'any' }, events(1));
        throw new Error('bad');
      }),
      commits.submit(() => writer.append('c', { kind: 'any' }, events(1))),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(['a', 'b', 'c'].map((name) => store.streams.get(name).lastRevision)).toEqual([0, -1, 0]);
  });

  it('finds every event id in the buffer, while it is flushed, in the table and after a restart', async () => {
    const all = events(100_000);
    for (let n = 0; n < all.length; n += 1000)
      store.transaction(() => writer.append(`s${n % 3}`, { kind: 'any' }, all.slice(n, n + 1000)));
    const sample = [0, 500, 32_767, 32_768, 50_000, 65_536, 70_000, 98_000, 99_999];
    const lookup = (): (number | undefined)[] =>
      sample.map((n) =>
        store.eventIds.lastRevisionOf(store.streams.get(`s${(n - (n % 1000)) % 3}`).id, all[n]?.id ?? EMPTY),
      );
    const revisions = lookup();
    expect(revisions).not.toContain(undefined);
    await store.close();
    open();
    expect(lookup()).toEqual(revisions);
  }, 60_000);

  it('finds the first event within $maxAge', () => {
    let now = 0;
    const writerWithClock = new LogWriter(store, { nowMs: () => now, newEventId: () => randomBytes(16) });
    const write = (...appended: ProposedEvent[]): void =>
      void store.transaction(() => writerWithClock.append('aged', { kind: 'any' }, appended));
    for (now = 1000; now <= 10_000; now += 1000) write(event());
    store.transaction(() =>
      writerWithClock.append('$$aged', { kind: 'any' }, [{ ...event(), data: Buffer.from('{"$maxAge":3}') }]),
    );
    const visited: number[] = [];
    new LogReader(store, () => 10_500).forwards(
      store.streams.get('aged'),
      0,
      (_frame, _position, revision) => visited.push(revision) > 0,
    );
    expect(visited).toEqual([7, 8, 9]);
  });

  it('distinguishes streams whose names exceed the maximum key size', () => {
    const names = ['a', 'b'].map((end) => 'long'.repeat(600) + end);
    for (const name of names) store.transaction(() => writer.append(name, { kind: 'noStream' }, events(1)));
    expect(names.map((name) => store.streams.get(name).lastRevision)).toEqual([0, 0]);
  });
});
