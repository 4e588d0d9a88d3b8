import { MemoryEventStore } from '../../../../test/support/memory-event-store.js';
import { ManualClock, NOON } from '../../../../test/support/probed-service.js';
import {
  type AllSubscriptionOptions,
  ConnectionError,
  EventRegistry,
  StreamCreated,
} from '../../../event-store/domain/index.js';
import { ReadModels } from '../../../event-store/index.js';
import { probeReportsStream, ServiceReported } from '../../domain/index.js';
import { type ReceivedReport } from '../application/index.js';
import { PushReports } from './push-reports.js';

const BACKUP = 'nightly-backup';
const UP = { status: 'up' } as const;

/** A store shared by replicas, with the subscriptions to interrupt. */
class SharedStore extends MemoryEventStore {
  readonly feeds: AllSubscriptionOptions[] = [];

  constructor() {
    const registry = new EventRegistry();
    for (const definition of [StreamCreated, ServiceReported]) registry.register(definition);
    super(registry);
  }

  override subscribeToAll(options: AllSubscriptionOptions): ReturnType<MemoryEventStore['subscribeToAll']> {
    this.feeds.push(options);
    return super.subscribeToAll(options);
  }
}

let ids = 0;
const random = (length: number): string => String(ids++).padStart(length, '0');

function replica(store: SharedStore, clock = new ManualClock()): { reports: PushReports; clock: ManualClock } {
  const models = new ReadModels(store, 'unused');
  const reports = new PushReports({ store, models, clock, random });
  models.start();
  return { reports, clock };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a listener is notified of: `status@revision` of the reports. */
function heard(reports: PushReports): string[] {
  const found: string[] = [];
  reports.listen(BACKUP, {
    onReport: ({ report, revision }) => found.push(`${report.status}@${revision ?? 'unrecorded'}`),
    onReadable: () => found.push('readable'),
    onUnreadable: () => found.push('unreadable'),
  });
  return found;
}

describe('the reports of services', () => {
  it('are events in a system stream of the service that retains the last ten thousand', async () => {
    const store = new SharedStore();
    const { reports } = replica(store);
    const { at, eventId } = await reports.record(BACKUP, {
      status: 'degraded',
      message: 'the disk is nearly full',
      responseTime: 42,
    });
    expect(store.created).toEqual([
      expect.objectContaining({ name: 'system-probe-reports-nightly-backup', owner: 'system', maxCount: 10_000 }),
    ]);
    expect(store.created[0]).not.toHaveProperty('permissions');
    expect(store.eventsOf(probeReportsStream(BACKUP), 'ServiceReported')).toEqual([
      expect.objectContaining({
        eventId,
        timestamp: new Date(at).toISOString(),
        data: { serviceName: BACKUP, status: 'degraded', message: 'the disk is nearly full', responseTime: 42 },
      }),
    ]);
    expect(at).toBe(NOON);
  });

  it('are as many in a stream of an earlier version', async () => {
    const store = new SharedStore();
    const name = probeReportsStream(BACKUP);
    await store.createStream({ name, description: '', owner: 'system', maxCount: 10 });
    const before = await store.getStreamMetadata(name);
    await replica(store).reports.record(BACKUP, UP);
    const { metadata } = await store.getStreamMetadata(name);
    expect(metadata).toEqual({ ...before.metadata, maxCount: 10_000 });
  });

  it('are notified of on every replica, in order, before the request of the receiving one ends', async () => {
    const store = new SharedStore();
    const [one, other] = [replica(store), replica(store)];
    await settled();
    const found = [heard(one.reports), heard(other.reports)];
    await one.reports.record(BACKUP, UP);
    expect(found[0]).toEqual(['up@1']);
    await other.reports.record(BACKUP, { status: 'down' });
    await settled();
    for (const reports of found) expect(reports).toEqual(['up@1', 'down@2']);
  });

  it('can be read on a replica that starts later', async () => {
    const store = new SharedStore();
    await replica(store).reports.record(BACKUP, { status: 'down', message: 'no space left' });
    const { reports } = replica(store);
    await settled();
    expect(reports.readableSince).toBe(NOON);
    expect(await reports.last(BACKUP)).toMatchObject({ report: { status: 'down', message: 'no space left' } });
  });

  it('can be read after a revision, in order, however many there are', async () => {
    const store = new SharedStore();
    const { reports } = replica(store);
    for (let index = 0; index < 1_050; index++) await reports.record(BACKUP, { status: 'up', responseTime: index });
    const times = (found: readonly ReceivedReport[]): unknown[] => found.map(({ report }) => report.responseTime);
    const all = Array.from({ length: 1_050 }, (_, index) => index);
    expect(times(await reports.after(BACKUP, undefined))).toEqual(all);
    expect(times(await reports.after(BACKUP, 7n))).toEqual(all.slice(7));
    expect(await reports.after('another', undefined)).toEqual([]);
    expect(await reports.last('another')).toBeUndefined();
  });

  it('are dated to their arrival, independently of the clock of the receiving replica', async () => {
    const store = new SharedStore();
    const { reports } = replica(store);
    for (const skew of [-9_000, 9_000]) {
      await replica(store, new ManualClock(NOON + skew)).reports.record(BACKUP, UP);
      await settled();
      expect((await reports.last(BACKUP))?.arrivedAt).toBe(NOON);
    }
  });

  it('are dated to their timestamp plus the allowed clock difference if they arrive much later', async () => {
    const store = new SharedStore();
    await replica(store).reports.record(BACKUP, UP);
    const { reports } = replica(store, new ManualClock(NOON + 3_600_000));
    await settled();
    expect((await reports.last(BACKUP))?.arrivedAt).toBe(NOON + 10_000);
  });

  it('keep their date when they are read again', async () => {
    const store = new SharedStore();
    const { reports, clock } = replica(store);
    await reports.record(BACKUP, UP);
    await settled();
    clock.advance(8_000);
    store.feeds[0]?.onInterrupted?.(new ConnectionError('gone'));
    store.feeds[0]?.onCaughtUp?.();
    expect((await reports.last(BACKUP))?.arrivedAt).toBe(NOON);
    expect(reports.readableSince).toBe(NOON + 8_000);
  });

  it('may be missing while the subscription is interrupted, and can be read afterwards', async () => {
    const store = new SharedStore();
    const { reports, clock } = replica(store);
    await settled();
    const found = heard(reports);
    expect(reports.readableSince).toBe(NOON);
    const [feed] = store.feeds;
    feed?.onInterrupted?.(new ConnectionError('gone'));
    expect(reports.readableSince).toBeUndefined();
    clock.advance(1_000);
    feed?.onCaughtUp?.();
    expect(reports.readableSince).toBe(NOON + 1_000);
    expect(found).toEqual(['unreadable', 'readable']);
  });

  it('are used by the receiving replica while the store is unreachable, and the request fails', async () => {
    const store = new SharedStore();
    const { reports } = replica(store);
    await settled();
    const found = heard(reports);
    store.goAway();
    await expect(reports.record(BACKUP, UP)).rejects.toThrow(ConnectionError);
    expect(found).toContain('up@unrecorded');
    store.comeBack();
    await reports.record(BACKUP, UP);
    expect(store.eventsOf(probeReportsStream(BACKUP), 'ServiceReported')).toHaveLength(1);
  });
});
