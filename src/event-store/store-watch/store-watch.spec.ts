import { Logger } from '@nestjs/common';
import { MemoryLog } from '../../../test/support/memory-log.js';
import { type LogMark } from './judge-store.js';
import { StoreReplacedError, StoreWatch } from './store-watch.js';

const POLL_MS = 500;

describe('the watch on the store', () => {
  let log: MemoryLog;
  let watch: StoreWatch;
  let happened: string[];
  let finishRebuild: (() => void)[];

  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  beforeEach(() => {
    jest.useFakeTimers();
    log = new MemoryLog();
    log.append('$settings', 3);
    happened = [];
    finishRebuild = [];
    watch = newWatch();
  });
  afterEach(async () => {
    await watch.stop();
    jest.useRealTimers();
  });

  function newWatch(): StoreWatch {
    const created = new StoreWatch(log, { now: () => Date.now(), monotonic: () => performance.now() });
    created.listen({
      onReplaced: () => happened.push('replaced'),
      rebuild: () => new Promise((resolve) => finishRebuild.push(resolve)),
    });
    return created;
  }
  const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);
  const started = async (): Promise<void> => {
    watch.start();
    await pass(2 * POLL_MS);
  };
  const isWritable = async (): Promise<boolean> => {
    try {
      await watch.assertWritable();
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(StoreReplacedError);
      return false;
    }
  };
  /** The log as it was after `count` events. */
  const restore = (count: number): void => {
    log.events = log.events.slice(0, count);
  };

  it.each<[string, () => void]>([
    ['is empty', () => (log.events = [])],
    ['is another one', () => ((log.events = []), log.append('$settings', 40))],
    ['was restored', () => restore(4)],
    ['was restored and has as many events again', () => (restore(4), log.append('other', 6))],
    ['was restored and written past the old position', () => (restore(4), log.append('other', 60))],
  ])('notices within a second that the store %s', async (_what, replace) => {
    log.append('stream', 7);
    await started();
    expect(happened).toEqual([]);
    replace();
    await pass(2 * POLL_MS);
    expect(happened).toEqual(['replaced']);
    expect(await isWritable()).toBe(false);
    finishRebuild.shift()?.();
    await pass(0);
    expect(await isWritable()).toBe(true);
    log.append('stream', 3);
    await pass(10 * POLL_MS);
    expect(happened).toEqual(['replaced']);
  });

  it.each<[string, () => void]>([
    ['grows', () => log.append('stream', 100)],
    ['gets events of the system', () => log.append('$stats', 3)],
    ['does not change', () => undefined],
    [
      'is truncated and scavenged',
      () => {
        log.append('stream', 30);
        log.scavenge(({ streamName, revision }) => streamName === 'stream' && revision < 35n);
      },
    ],
    [
      'loses the last event in a scavenge, after the deletion of its stream',
      () => {
        log.append('$$stream');
        log.scavenge(({ streamName }) => streamName === 'stream');
      },
    ],
    [
      'loses the last event in a scavenge, after a tombstone',
      () => {
        log.tombstone('stream');
        log.scavenge(({ streamName }) => streamName === 'stream');
      },
    ],
    ['has a first event that is scavenged', () => log.scavenge(({ commit }) => commit === 10n)],
    ['was not there for a while', () => undefined],
  ])('notices nothing if the store %s', async (what, change) => {
    log.append('other', 2);
    await started();
    log.append('stream', 7);
    await pass(2 * POLL_MS);
    log.isAway = what.includes('not there');
    change();
    await pass(10 * POLL_MS);
    log.isAway = false;
    await pass(10 * POLL_MS);
    expect(happened).toEqual([]);
    expect(await isWritable()).toBe(true);
  });

  it('notices nothing on an empty store that is written to for the first time', async () => {
    log.events = [];
    await started();
    log.append('stream');
    await pass(4 * POLL_MS);
    expect(happened).toEqual([]);
  });

  it('asks the leader before it trusts a replica of the store that has less than before', async () => {
    log.append('stream', 7);
    await started();
    log.replica = log.events.slice(0, 5);
    await pass(4 * POLL_MS);
    expect(happened).toEqual([]);
    log.events = log.events.slice(0, 6);
    await pass(2 * POLL_MS);
    expect(happened).toEqual(['replaced']);
  });

  it('notices that an event is gone that was delivered after the last poll, as after a failover', async () => {
    await started();
    const following = watch.follow();
    following.delivered(log.append('stream'));
    restore(log.events.length - 1);
    following.interrupted();
    log.append('other', 3);
    await pass(2 * POLL_MS);
    expect(happened).toEqual(['replaced']);
  });

  it('lets a subscription resume only on the same store', async () => {
    await started();
    const before = watch.follow();
    before.interrupted();
    await before.assertSame();
    log.events = [];
    before.interrupted();
    await expect(before.assertSame()).rejects.toThrow(StoreReplacedError);
    await expect(watch.follow().assertSame()).resolves.toBeUndefined();
    before.delivered({ commit: 1_000n, prepare: 1_000n, id: 'old', streamName: 'stream', revision: 9n });
    before.interrupted();
    await pass(4 * POLL_MS);
    expect(happened).toEqual(['replaced']);
  });

  it('does not accept a comparison that began before the connection was lost', async () => {
    await started();
    const following = watch.follow();
    following.interrupted();
    const first = following.assertSame();
    following.interrupted();
    log.events = [];
    const second = following.assertSame();
    await first.catch(() => undefined);
    await expect(second).rejects.toThrow(StoreReplacedError);
  });

  it('rejects writes and resumption while the store cannot be compared', async () => {
    await started();
    const following = watch.follow();
    following.interrupted();
    log.isAway = true;
    await expect(watch.assertWritable()).rejects.toThrow('the store is away');
    await expect(following.assertSame()).rejects.toThrow('the store is away');
    log.isAway = false;
    await expect(following.assertSame()).resolves.toBeUndefined();
    expect(watch.assertWritable()).toBeUndefined();
  });

  it('rebuilds again if the store is replaced during a rebuild, and is ready after the last one', async () => {
    log.append('stream', 7);
    await started();
    restore(4);
    await pass(2 * POLL_MS);
    log.events = [];
    await pass(2 * POLL_MS);
    expect(happened).toEqual(['replaced', 'replaced']);
    const [first, second] = finishRebuild;
    first?.();
    await pass(0);
    expect(watch.problem).toBeInstanceOf(StoreReplacedError);
    second?.();
    await pass(0);
    expect(watch.problem).toBeUndefined();
  });

  it.each<[string, (last: LogMark) => void, string[]]>([
    ['the same', () => undefined, []],
    ['restored', () => restore(4), ['replaced']],
    ['restored and written past the old position', () => (restore(4), log.append('other', 60)), ['replaced']],
  ])('compares a store that is %s with what an earlier process saw', async (_what, replace, expected) => {
    const last = log.append('stream', 7);
    replace(last);
    watch.remember(last);
    await started();
    expect(happened).toEqual(expected);
  });

  it('sends two reads a second to an idle store, and no more than three to a busy one', async () => {
    await started();
    const before = log.reads;
    await pass(20 * POLL_MS);
    expect(log.reads - before).toBe(20);
    for (let n = 0; n < 20; n++) {
      log.append('stream', 5);
      await pass(POLL_MS);
    }
    expect(log.reads - before).toBeLessThanOrEqual(20 + 30);
  });
});
