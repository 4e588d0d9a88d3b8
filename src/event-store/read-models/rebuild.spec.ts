import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../../../test/support/eventually.js';
import { type AllSubscriptionOptions, type EventBatch, type EventStore, type RecordedEvent } from '../domain/index.js';
import { ReadModel, type ReadModelDefinition } from './read-model.js';
import { rebuildReadModel, type RebuildProgress } from './rebuild.js';

const counted: ReadModelDefinition = {
  name: 'counted',
  version: 1,
  streamNamePrefixes: [''],
  tables: ['counts'],
  apply: (tables, events) => {
    const counts = tables.table<number, string>('counts');
    counts.putSync('events', (counts.get('events') ?? 0) + events.length);
  },
};

function batch(first: number, length: number): EventBatch {
  const events = Array.from({ length }, (_, index): RecordedEvent => {
    const position = BigInt(first + index);
    return {
      type: 'Counted',
      data: {},
      metadata: {},
      timestamp: '',
      eventId: `evt_1_${position}`,
      streamName: 'counted',
      revision: position,
      position: { commit: position, prepare: position },
      created: 0,
    };
  });
  return { events, position: events.at(-1)?.position };
}

type FollowedStore = Pick<EventStore, 'subscribeToAll' | 'identity'>;

/** A store whose subscriptions the test feeds. */
function storeOf(feed: (options: AllSubscriptionOptions) => Promise<void>): FollowedStore {
  return {
    identity: () => Promise.resolve('store'),
    subscribeToAll: (options) => {
      const fed = feed(options);
      return { stop: () => fed };
    },
  };
}

const three = storeOf(async ({ onBatch, onCaughtUp }) => {
  await onBatch(batch(0, 2));
  await onBatch(batch(2, 1));
  onCaughtUp?.();
});

describe('the rebuild of a read model', () => {
  let directory: string;
  beforeEach(() => (directory = join(mkdtempSync(join(tmpdir(), 'rebuild-')), 'counted-v1')));
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

  const eventsIn = async (): Promise<number | undefined> => {
    const model = new ReadModel(counted, three, directory);
    const events = model.table<number, string>('counts').get('events');
    await model.stop();
    return events;
  };

  it('takes the place of the one that was there, or of none', async () => {
    for (let time = 0; time < 2; time++) {
      const progress = await rebuildReadModel(counted, three, directory, () => undefined);
      expect(progress).toMatchObject({ events: 3, position: { commit: 2n, prepare: 2n } });
      expect(readdirSync(join(directory, '..'))).toEqual(['counted-v1']);
      expect(await eventsIn()).toBe(3);
    }
  });

  it('says how far it is', async () => {
    const slowly = storeOf(async ({ onBatch, onCaughtUp }) => {
      await onBatch(batch(0, 2));
      await sleep(1_300);
      await onBatch(batch(2, 1));
      onCaughtUp?.();
    });
    const told: RebuildProgress[] = [];
    await rebuildReadModel(counted, slowly, directory, (progress) => told.push(progress));
    expect(told).toMatchObject([{ events: 2, position: { commit: 1n } }]);
    expect(told[0]?.seconds).toBeGreaterThanOrEqual(1);
  });

  it('is not put in place where it was not finished', async () => {
    await rebuildReadModel(counted, three, directory, () => undefined);
    const away: FollowedStore = { ...three, identity: () => Promise.reject(new Error('away')) };
    await expect(rebuildReadModel(counted, away, directory, () => undefined)).rejects.toThrow('away');
    expect(readdirSync(join(directory, '..'))).toEqual(['counted-v1']);
    expect(existsSync(join(directory, 'in-use'))).toBe(false);
    expect(await eventsIn()).toBe(3);
  });

  it('starts over after a rebuild that was killed', async () => {
    const half = new ReadModel(
      counted,
      storeOf(async ({ onBatch }) => onBatch(batch(0, 2))),
      `${directory}-new`,
    );
    await half.start();
    expect(await half.waitFor({ commit: 1n, prepare: 1n }, 5_000)).toBe(true);
    await half.stop();
    expect((await rebuildReadModel(counted, three, directory, () => undefined)).events).toBe(3);
    expect(await eventsIn()).toBe(3);
  });
});

describe('a read model that two write to', () => {
  it('counts nothing twice: the one that has not seen a batch of the other fails', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'read-model-'));
    const failures: string[] = [];
    let deliver = (): void => undefined;
    const delivered = new Promise<void>((resolve) => (deliver = resolve));
    const late = storeOf(async ({ onBatch }) => {
      await delivered;
      await Promise.resolve(onBatch(batch(0, 2))).catch((error: Error) => failures.push(error.message));
    });
    const one = new ReadModel(counted, three, directory);
    rmSync(join(directory, 'in-use')); // where locks do not reach: a directory on two machines
    const other = new ReadModel(counted, late, directory);
    await other.start();
    await one.start();
    expect(await one.waitFor({ commit: 2n, prepare: 2n }, 5_000)).toBe(true);
    deliver();
    await other.stop();
    expect(failures).toEqual([
      'Another process writes to the same tables; set DATA_DIR to a directory of its own for each',
    ]);
    expect(one.table<number, string>('counts').get('events')).toBe(3);
    await one.stop();
    rmSync(directory, { recursive: true });
  });
});
