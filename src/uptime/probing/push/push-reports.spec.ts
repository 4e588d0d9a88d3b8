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
import { PushReports } from './push-reports.js';

const BACKUP = 'nightly-backup';
const UP = { status: 'up' } as const;
const WITHIN_MS = 100;

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

describe('the reports of services', () => {
  it('are events in a system stream of the service that retains the last ten', async () => {
    const store = new SharedStore();
    const { reports } = replica(store);
    const { at, eventId } = await reports.record(BACKUP, {
      status: 'degraded',
      message: 'the disk is nearly full',
      responseTime: 42,
    });
    expect(store.created).toEqual([
      expect.objectContaining({ name: 'system-probe-reports-nightly-backup', owner: 'system', maxCount: 10 }),
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

  it('are visible on every replica', async () => {
    const store = new SharedStore();
    const [one, other] = [replica(store), replica(store)];
    await one.reports.record(BACKUP, UP);
    await settled();
    for (const { reports } of [one, other])
      expect((await reports.latest(BACKUP, WITHIN_MS)).last).toMatchObject({ report: UP, at: NOON });
  });

  it('are visible on a replica that starts later', async () => {
    const store = new SharedStore();
    await replica(store).reports.record(BACKUP, { status: 'down', message: 'no space left' });
    const { reports } = replica(store);
    await settled();
    expect(await reports.latest(BACKUP, WITHIN_MS)).toMatchObject({
      last: { report: { status: 'down', message: 'no space left' } },
      since: NOON,
    });
  });

  it('are dated to their arrival, independently of the clock of the receiving replica', async () => {
    const store = new SharedStore();
    const { reports } = replica(store);
    for (const skew of [-9_000, 9_000]) {
      await replica(store, new ManualClock(NOON + skew)).reports.record(BACKUP, UP);
      await settled();
      expect((await reports.latest(BACKUP, WITHIN_MS)).last?.at).toBe(NOON);
    }
  });

  it('are dated to their timestamp plus the allowed clock difference if they arrive much later', async () => {
    const store = new SharedStore();
    await replica(store).reports.record(BACKUP, UP);
    const { reports } = replica(store, new ManualClock(NOON + 3_600_000));
    await settled();
    expect((await reports.latest(BACKUP, WITHIN_MS)).last?.at).toBe(NOON + 10_000);
  });

  it('keep their date when they are read again', async () => {
    const store = new SharedStore();
    const { reports, clock } = replica(store);
    await reports.record(BACKUP, UP);
    await settled();
    clock.advance(8_000);
    store.feeds[0]?.onInterrupted?.(new ConnectionError('gone'));
    store.feeds[0]?.onCaughtUp?.();
    expect(await reports.latest(BACKUP, WITHIN_MS)).toMatchObject({ last: { at: NOON }, since: NOON + 8_000 });
  });

  it('may be missing while the subscription is interrupted, and are read again afterwards', async () => {
    const store = new SharedStore();
    const { reports, clock } = replica(store);
    await settled();
    expect((await reports.latest(BACKUP, WITHIN_MS)).since).toBe(NOON);
    const [feed] = store.feeds;
    feed?.onInterrupted?.(new ConnectionError('gone'));
    expect(await reports.latest(BACKUP, WITHIN_MS)).toEqual({ last: undefined, since: undefined });
    clock.advance(1_000);
    feed?.onCaughtUp?.();
    expect((await reports.latest(BACKUP, WITHIN_MS)).since).toBe(NOON + 1_000);
  });

  it('are used by the receiving replica while the store is unreachable, and the request fails', async () => {
    const store = new SharedStore();
    const { reports } = replica(store);
    store.goAway();
    await expect(reports.record(BACKUP, UP)).rejects.toThrow(ConnectionError);
    expect(await reports.latest(BACKUP, WITHIN_MS)).toMatchObject({ last: { report: UP }, since: undefined });
    store.comeBack();
    await reports.record(BACKUP, UP);
    expect(store.eventsOf(probeReportsStream(BACKUP), 'ServiceReported')).toHaveLength(1);
  });

  it('are awaited no longer than withinMs if the store hangs', async () => {
    const store = new SharedStore();
    const { reports } = replica(store);
    await settled();
    store.readStream = () => new Promise(() => undefined);
    expect(await reports.latest(BACKUP, 20)).toEqual({ last: undefined, since: undefined });
  });
});
