import { MemoryEventStore } from '../../../../test/support/memory-event-store.js';
import { LIVE, ManualClock, NOON, uptimeEvents } from '../../../../test/support/probed-service.js';
import { MemoryAnnotations } from '../../../../test/support/memory-annotations.js';
import {
  type AuthenticatedCaller,
  StreamNotFoundError,
  TimeoutError,
  ValidationError,
  WrongExpectedRevisionError,
} from '../../../event-store/domain/index.js';
import { MaintenanceService } from './maintenance.service.js';
import { AnnotationIds, type AnnotationRequest } from './annotation-ids.js';
import { AnnotationWriter } from './annotation-writer.js';
import { createUptimeStream } from '../../domain/index.js';

const STREAM = 'service-uptime-http';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ADMIN: AuthenticatedCaller = { kind: 'known', id: 'an-admin', roles: new Set(['admin']) };
const DISK = { from: NOON + HOUR, to: NOON + 2 * HOUR, reason: 'a new disk' };
const NIGHTLY = { from: NOON, recurrence: { rule: '0 2 * * *', timezone: 'UTC', durationMs: HOUR }, reason: 'backups' };

describe('maintenance service', () => {
  let store: MemoryEventStore;
  let recorded: MemoryAnnotations;
  let clock: ManualClock;
  let maintenance: MaintenanceService;
  let generated: number;

  beforeEach(async () => {
    store = new MemoryEventStore(uptimeEvents());
    recorded = new MemoryAnnotations(store);
    clock = new ManualClock();
    generated = 0;
    const random = (length: number): string => String(generated++).padStart(length, '0');
    const digest = (text: string): string => Buffer.from(text).toString('hex').slice(-64).padStart(64, '0');
    const writer = new AnnotationWriter(store, recorded);
    maintenance = new MaintenanceService(recorded, LIVE, writer, new AnnotationIds(clock, random, digest), clock);
    await createUptimeStream(store, 'http');
  });

  const request = (idempotencyKey?: string): AnnotationRequest => ({
    caller: ADMIN,
    service: 'http',
    idempotencyKey,
    requestId: 'request-1',
  });
  const types = (): string[] => store.eventsOf(STREAM).map(({ type }) => type);

  it('lists windows in the order they were scheduled, each with its upcoming occurrences', async () => {
    const disk = await maintenance.schedule(request(), DISK);
    const nightly = await maintenance.schedule(request(), NIGHTLY);
    expect(disk).toEqual({
      window: { id: 'mnt_000000000000000000000000', ...DISK, scheduledBy: 'an-admin' },
      upcoming: [{ window: disk.window, from: DISK.from, to: DISK.to }],
      replayed: false,
    });
    expect(maintenance.list('http')).toEqual([
      { window: disk.window, upcoming: disk.upcoming },
      {
        window: nightly.window,
        upcoming: Array.from({ length: 10 }, (_, night) => ({
          window: nightly.window,
          from: NOON + 14 * HOUR + night * DAY,
          to: NOON + 15 * HOUR + night * DAY,
        })),
      },
    ]);
  });

  it('records an event with author, time and request id', async () => {
    const { window } = await maintenance.schedule(request(), DISK);
    expect(store.eventsOf(STREAM, 'MaintenanceScheduled')).toMatchObject([
      {
        data: { maintenanceId: window.id, scheduledBy: 'an-admin', reason: 'a new disk' },
        timestamp: '2026-01-01T12:00:00.000Z',
        metadata: { source: 'penguin-pool-streams/uptime', correlationId: 'request-1' },
      },
    ]);
  });

  it('deduplicates a retry by its idempotency key, also after the cancellation', async () => {
    const first = await maintenance.schedule(request('key-1'), DISK);
    clock.advance(1);
    expect(await maintenance.schedule(request('key-1'), DISK)).toEqual({ ...first, replayed: true });
    await maintenance.cancel(request(), first.window.id);
    expect((await maintenance.schedule(request('key-1'), DISK)).window).toEqual({
      ...first.window,
      cancelled: { by: 'an-admin', at: NOON + 1 },
    });
    expect(types()).toEqual(['StreamCreated', 'MaintenanceScheduled', 'MaintenanceCancelled']);
  });

  it('records a request once when its response was lost', async () => {
    store.loseNextResponse();
    await expect(maintenance.schedule(request('key-1'), DISK)).rejects.toThrow(TimeoutError);
    expect((await maintenance.schedule(request('key-1'), DISK)).replayed).toBe(true);
    expect(types()).toEqual(['StreamCreated', 'MaintenanceScheduled']);
  });

  it('records a request once when two replicas execute it concurrently', async () => {
    const together = await Promise.all([
      maintenance.schedule(request('key-1'), DISK),
      maintenance.schedule(request('key-1'), DISK),
    ]);
    expect(together[0].window).toEqual(together[1].window);
    expect(types()).toEqual(['StreamCreated', 'MaintenanceScheduled']);
  });

  it('rejects a different request with the same key', async () => {
    await maintenance.schedule(request('key-1'), DISK);
    await expect(maintenance.schedule(request('key-1'), { ...DISK, reason: 'another disk' })).rejects.toThrow(
      new ValidationError("The Idempotency-Key 'key-1' was used for another request; use a new key for a new request"),
    );
  });

  it('records two requests without a key separately', async () => {
    await maintenance.schedule(request(), DISK);
    await maintenance.schedule(request(), DISK);
    expect(maintenance.list('http')).toHaveLength(2);
  });

  it('retries after a conflicting write, and gives up after repeated conflicts', async () => {
    store.beforeNextAppend(() => store.appendToStream(STREAM, { type: 'ServiceStatusChanged', data: {} }));
    await maintenance.schedule(request(), DISK);
    expect(types()).toEqual(['StreamCreated', 'ServiceStatusChanged', 'MaintenanceScheduled']);

    jest.spyOn(store, 'appendToStream').mockRejectedValue(new WrongExpectedRevisionError(STREAM, 1n, 2n));
    await expect(
      new AnnotationWriter(store, { waitFor: () => Promise.resolve(true) }).append(
        'http',
        { action: 'maintenance.schedule', requestId: 'request-1' },
        { load: () => undefined, decide: () => ({ type: 'Said', data: {} }) },
      ),
    ).rejects.toThrow(WrongExpectedRevisionError);
  });

  it('waits for the read model before deciding, so that nothing is scheduled or cancelled twice', async () => {
    recorded.fallBehind();
    await store.appendToStream(STREAM, { type: 'ServiceStatusChanged', data: {} });
    await expect(maintenance.schedule(request(), DISK)).rejects.toThrow(
      new TimeoutError("The read model does not keep up with stream 'service-uptime-http'; retry in a moment"),
    );
    recorded.catchUp();
    await maintenance.schedule(request(), DISK);
    expect(types()).toEqual(['StreamCreated', 'ServiceStatusChanged', 'MaintenanceScheduled']);
  });

  it('creates the missing stream of a configured service', async () => {
    store.log.length = 0;
    await maintenance.schedule(request(), DISK);
    expect(types()).toEqual(['StreamCreated', 'MaintenanceScheduled']);
  });

  it('ends a cancelled window at the time of its first cancellation', async () => {
    const { window } = await maintenance.schedule(request(), NIGHTLY);
    clock.advance(14.5 * HOUR);
    const cancelled = await maintenance.cancel(request(), window.id);
    expect(cancelled).toEqual({
      window: { ...window, cancelled: { by: 'an-admin', at: NOON + 14.5 * HOUR } },
      upcoming: [],
    });
    clock.advance(HOUR);
    expect(await maintenance.cancel(request(), window.id)).toEqual(cancelled);
    expect(types()).toEqual(['StreamCreated', 'MaintenanceScheduled', 'MaintenanceCancelled']);
  });

  it('returns undefined when the window to cancel does not exist', async () => {
    expect(await maintenance.cancel(request(), 'mnt_never')).toBeUndefined();
    expect(types()).toEqual(['StreamCreated']);
  });

  it.each<[string, object, string, RegExp]>([
    ['ends before it begins', { ...DISK, to: DISK.from }, 'to', /must be later than from/],
    ['has no end', { from: NOON, reason: 'a new disk' }, 'to', /must be given unless recurrence/],
    ['has an end and recurs', { ...NIGHTLY, to: NOON + 1 }, 'recurrence', /must not be given together with to/],
    [
      'recurs until a time before its start',
      { ...NIGHTLY, recurrence: { ...NIGHTLY.recurrence, until: NOON } },
      'recurrence.until',
      /must be later than from/,
    ],
    [
      'has an invalid recurrence rule',
      { ...NIGHTLY, recurrence: { ...NIGHTLY.recurrence, rule: 'often' } },
      'recurrence.rule',
      /must be an RRULE such as/,
    ],
    [
      'has an unknown time zone',
      { ...NIGHTLY, recurrence: { ...NIGHTLY.recurrence, timezone: 'Mars/Olympus' } },
      'recurrence.timezone',
      /must be the IANA name/,
    ],
    [
      'has occurrences of over a month',
      { ...NIGHTLY, recurrence: { ...NIGHTLY.recurrence, durationMs: 40 * DAY } },
      'recurrence.durationMs',
      /or less/,
    ],
  ])('rejects maintenance that %s, with the reason', async (_, invalid, path, problem) => {
    const error: unknown = await maintenance
      .schedule(request(), invalid as typeof DISK)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({
      details: { mistakes: [{ path, problem: expect.stringMatching(problem) as string }] },
    });
    expect(types()).toEqual(['StreamCreated']);
  });

  it('rejects a service that does not exist', async () => {
    expect(() => maintenance.list('printer')).toThrow(StreamNotFoundError);
    await expect(maintenance.schedule({ ...request(), service: 'printer' }, DISK)).rejects.toThrow(StreamNotFoundError);
    await expect(maintenance.cancel({ ...request(), service: 'printer' }, 'mnt_1')).rejects.toThrow(
      StreamNotFoundError,
    );
  });
});
