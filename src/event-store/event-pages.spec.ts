import { MemoryEventStore } from '../../test/support/memory-event-store.js';
import { uptimeEvents } from '../../test/support/probed-service.js';
import { EventPages } from './event-pages.js';

const STREAM = 'system-pages';
const MEGABYTE = 1_048_576;

describe('pages of events', () => {
  let store: MemoryEventStore;
  let pages: EventPages;
  let reads: number[];
  let running: number;
  let mostRunning: number;

  beforeEach(() => {
    store = new MemoryEventStore(uptimeEvents());
    reads = [];
    running = 0;
    mostRunning = 0;
    pages = new EventPages({
      readStream: async (name, options) => {
        mostRunning = Math.max(mostRunning, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        const events = await store.readStream(name, options);
        reads.push(events.length);
        running--;
        return events;
      },
    });
  });

  const append = async (...sizes: number[]): Promise<void> => {
    for (const size of sizes)
      await store.appendToStream(
        STREAM,
        { type: 'Sized', data: { text: 'x'.repeat(size) } },
        { expectedRevision: 'any' },
      );
  };
  const read = async (
    options: Partial<Parameters<EventPages['read']>[1]> = {},
  ): Promise<{ revisions: number[]; next: number | undefined }> => {
    const { events, next } = await pages.read(STREAM, { limit: 100, maxBytes: MEGABYTE, ...options });
    return {
      revisions: events.map(({ revision }) => Number(revision)),
      next: next === undefined ? undefined : Number(next),
    };
  };

  it('have the events up to the limit, and the revision of the next one', async () => {
    await append(...Array.from({ length: 10 }, () => 10));
    expect(await read({ limit: 9 })).toEqual({ revisions: [0, 1, 2, 3, 4, 5, 6, 7, 8], next: 9 });
    expect(await read({ limit: 10 })).toEqual({ revisions: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], next: undefined });
    expect(await read({ limit: 3, direction: 'backwards' })).toEqual({ revisions: [9, 8, 7], next: 6 });
    expect(await read({ from: 2n, limit: 3, direction: 'backwards' })).toEqual({
      revisions: [2, 1, 0],
      next: undefined,
    });
    expect(await read({ from: 10n })).toEqual({ revisions: [], next: undefined });
  });

  it('end behind the event with which they are large, and continue without a gap', async () => {
    await append(...Array.from({ length: 12 }, () => 400_000));
    const found: number[] = [];
    for (let from: number | undefined = 0; from !== undefined;) {
      const { revisions, next }: { revisions: number[]; next: number | undefined } = await read({ from: BigInt(from) });
      expect(revisions.length).toBeLessThanOrEqual(3);
      found.push(...revisions);
      from = next;
    }
    expect(found).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('have one event, however large that is', async () => {
    await append(500, 500);
    expect(await read({ maxBytes: 1 })).toEqual({ revisions: [0], next: 1 });
    expect(await read({ from: 1n, maxBytes: 1 })).toEqual({ revisions: [1], next: undefined });
  });

  it('never read much more than they return, also where large events follow small ones', async () => {
    await append(...Array.from({ length: 20 }, () => 10), ...Array.from({ length: 50 }, () => 300_000));
    const { revisions } = await read();
    expect(revisions.length).toBeLessThan(25);
    expect(Math.max(...reads)).toBeLessThanOrEqual(32);
    expect(reads.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(60);
  });

  it('are read by few at a time', async () => {
    await append(10);
    await Promise.all(Array.from({ length: 50 }, () => read()));
    expect(reads).toHaveLength(50);
    expect(mostRunning).toBeLessThanOrEqual(2);
  });
});
