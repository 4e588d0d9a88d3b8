import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryEventStore } from '../../../../test/support/memory-event-store.js';
import { HTTP, uptimeEvents } from '../../../../test/support/probed-service.js';
import { type NewEvent, ReadModel, type RecordedEvent, serviceUptimeStream } from '../../../event-store/index.js';
import {
  addTotals,
  changeEventId,
  CORRECTED_STATUSES,
  DAY_MS,
  statusIntervals,
  UNIT_MS,
  OBSERVED_STATUSES,
  probeSamplesStream,
  type TimeRange,
  startOf,
  toMaintenanceCancelled,
  toMaintenanceScheduled,
  toProbesRecorded,
  toServiceStatusChanged,
  toStatusCorrected,
  sumIntervals,
} from '../../domain/index.js';
import { RecordedHistory } from './recorded-history.js';
import { UptimeProjection } from './uptime-projection.js';
import { uptimeReadModel, UptimeReadModel } from './uptime-read-model.js';
import { openTables, UPTIME_TABLES } from './uptime-tables.js';

const HOUR = UNIT_MS.hour;
const FIRST_DAY = Date.UTC(2026, 2, 26);
const DAYS = 9;
/** Probed so rarely that a few samples span days. */
const RULES = { ...HTTP, intervalMs: 3 * HOUR, timeoutMs: 0 };

interface Happened {
  readonly streamName: string;
  readonly event: NewEvent;
}

const SERVICE = 'http';
const changesStream = serviceUptimeStream(SERVICE);
/** Often exactly at the start of a day. */
const moments = fc
  .tuple(fc.nat(DAYS), fc.oneof(fc.constant(0), fc.nat(DAY_MS - 1)))
  .map(([day, offset]) => FIRST_DAY + day * DAY_MS + offset);
const spans = fc
  .tuple(moments, fc.oneof(fc.nat(3 * HOUR), fc.nat(4 * DAY_MS)))
  .map(([from, length]) => ({ from, to: from + length + 1 }));

const samples = fc
  .record({
    from: moments,
    gaps: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 }),
    outcomes: fc.constantFrom(...OBSERVED_STATUSES),
    prober: fc.nat(1_000_000),
  })
  .map(({ from, gaps, outcomes: status, prober }): Happened => {
    const times = gaps.reduce<number[]>((known, gap) => [...known, (known.at(-1) ?? from) + gap * HOUR], [from]);
    const taken = times.map((at, index) => ({
      at,
      responseMicros: 1_000 + index,
      status,
      ...(status === 'up' ? {} : { error: `failed ${index} times` }),
    }));
    return {
      streamName: probeSamplesStream(SERVICE),
      event: toProbesRecorded(SERVICE, taken, RULES, `prober${prober}`),
    };
  });
const changes = fc
  .record({ at: moments, status: fc.constantFrom(...OBSERVED_STATUSES) })
  .map(({ at, status }): Happened => ({
    streamName: changesStream,
    event: toServiceStatusChanged({
      serviceName: SERVICE,
      status,
      at,
      metadata: {},
      eventId: changeEventId(SERVICE, status, at),
    }),
  }));
const corrections = fc
  .record({ span: spans, status: fc.constantFrom(...CORRECTED_STATUSES), id: fc.nat(1_000_000) })
  .map(({ span, status, id }): Happened => {
    return {
      streamName: changesStream,
      event: toStatusCorrected(
        { id: `c${id}`, ...span, status, reason: 'false alarm', correctedBy: 'alice' },
        span.to,
        `evt_${span.to}_c${id}`,
      ),
    };
  });
const id = fc.nat(3).map((number) => `m${number}`);
const recurring = fc
  .constantFrom('0 2 * * *', '30 23 * * SUN', 'FREQ=DAILY;INTERVAL=2')
  .map((rule) => ({ rule, timezone: 'Europe/Amsterdam', durationMs: 2 * HOUR }));
const announced = fc
  .record({ id, span: spans, recurrence: fc.option(recurring, { nil: undefined }), unique: fc.nat(1_000_000) })
  .map(({ id, span: { from, to }, recurrence, unique }): Happened => {
    const window = { id, from, ...(recurrence ? { recurrence } : { to }), reason: 'upgrade', scheduledBy: 'alice' };
    return { streamName: changesStream, event: toMaintenanceScheduled(window, from, `evt_${from}_s${unique}`) };
  });
const cancelled = fc.record({ id, at: moments, unique: fc.nat(1_000_000) }).map(({ id, at, unique }): Happened => ({
  streamName: changesStream,
  event: toMaintenanceCancelled(id, 'alice', at, `evt_${at}_x${unique}`),
}));

const anything = fc.oneof(
  { weight: 4, arbitrary: samples },
  { weight: 3, arbitrary: changes },
  corrections,
  announced,
  cancelled,
);
const histories = fc.record({
  happened: fc.oneof(
    fc.array(anything, { minLength: 1, maxLength: 5 }),
    fc.array(anything, { minLength: 1, maxLength: 25 }),
  ),
  cuts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 25 }),
});
const windows = fc.array(
  fc
    .tuple(
      fc.integer({ min: -2, max: DAYS + 6 }),
      fc.oneof(fc.constant(0), fc.nat(DAY_MS - 1)),
      fc.oneof(
        fc.nat(2 * HOUR),
        fc.nat(14 * DAY_MS),
        fc.nat(14).map((days) => days * DAY_MS),
      ),
    )
    .map(([day, offset, length]) => ({
      from: FIRST_DAY + day * DAY_MS + offset,
      to: FIRST_DAY + day * DAY_MS + offset + length,
    })),
  { minLength: 10, maxLength: 10 },
);

describe('the totals of a window', () => {
  let directory: string;
  const opened: ReadModel[] = [];
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'daily-totals-'))));
  afterEach(async () => {
    for (const model of opened.splice(0)) await model.stop();
    rmSync(directory, { recursive: true });
  });

  const recorded = async (happened: readonly Happened[]): Promise<RecordedEvent[]> => {
    const store = new MemoryEventStore(uptimeEvents());
    for (const { streamName, event } of happened) await store.appendToStream(streamName, event);
    expect(store.log.filter(({ problem }) => problem)).toEqual([]);
    return store.log;
  };
  const openModel = (name: string): ReadModel => {
    const model = new ReadModel(uptimeReadModel, new MemoryEventStore(uptimeEvents()), join(directory, name));
    opened.push(model);
    return model;
  };
  const empty = (model: ReadModel): void => UPTIME_TABLES.forEach((name) => model.table(name).clearSync());
  const rowsOf = (model: ReadModel): unknown => UPTIME_TABLES.map((name) => [name, [...model.table(name).getRange()]]);
  const applyIn = (model: ReadModel, events: readonly RecordedEvent[], cuts: readonly number[]): void => {
    for (let next = 0, cut = 0; next < events.length; cut++) {
      const size = cuts[cut % cuts.length] ?? 1;
      new UptimeProjection(openTables(model)).apply(events.slice(next, next + size));
      next += size;
    }
  };

  it('equal the sum of its intervals for random events, and the tables do not depend on batch sizes', async () => {
    const [cut, whole] = [openModel('cut'), openModel('whole')];
    const history = new UptimeReadModel(cut);
    await fc.assert(
      fc.asyncProperty(histories, windows, async ({ happened, cuts }, asked) => {
        const events = await recorded(happened);
        for (const model of [cut, whole]) empty(model);
        applyIn(cut, events, cuts);
        applyIn(whole, events, [events.length]);
        expect(rowsOf(cut)).toEqual(rowsOf(whole));
        const plainly = (window: TimeRange): unknown =>
          sumIntervals(statusIntervals(window, new RecordedHistory(openTables(cut)).in(SERVICE, window)));
        for (const window of asked) expect(history.totalsIn(SERVICE, window)).toEqual(plainly(window));
        const settled = history.finalUntil(SERVICE);
        for (const { from, to } of asked) {
          const middle = Math.min(Math.max(settled ?? from, from), to);
          const rest = sumIntervals(
            statusIntervals(
              { from: middle, to },
              new RecordedHistory(openTables(cut)).in(SERVICE, { from: middle, to }),
            ),
          );
          expect(addTotals(history.totalsIn(SERVICE, { from, to: middle }), rest)).toEqual(plainly({ from, to }));
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('store one row for each finished day with data, and none for years without probes', async () => {
    const model = openModel('model');
    const at = (day: number): Happened => ({
      streamName: probeSamplesStream(SERVICE),
      event: toProbesRecorded(
        SERVICE,
        [0, 6, 12, 18].map((hour) => ({
          at: FIRST_DAY + day * DAY_MS + hour * HOUR,
          responseMicros: 1,
          status: 'up' as const,
        })),
        RULES,
        'prober1',
      ),
    });
    const up: Happened = {
      streamName: changesStream,
      event: toServiceStatusChanged({
        serviceName: SERVICE,
        status: 'up',
        at: FIRST_DAY,
        metadata: {},
        eventId: changeEventId(SERVICE, 'up', FIRST_DAY),
      }),
    };
    applyIn(model, await recorded([up, at(0), at(1), at(2), at(4_000)]), [1]);
    const ends = [...openTables(model).totals.getKeys()].map(([, end]) => ((end ?? 0) - FIRST_DAY) / DAY_MS);
    expect(ends).toEqual([1, 2, 3]);
    expect(new UptimeReadModel(model).finalUntil(SERVICE)).toBe(startOf('day', FIRST_DAY + 4_000 * DAY_MS));
    expect(
      new UptimeReadModel(model).totalsIn(SERVICE, { from: FIRST_DAY, to: FIRST_DAY + 4_000 * DAY_MS }),
    ).toMatchObject({ up: 2 * DAY_MS + 18 * HOUR, unknown: 3_997 * DAY_MS + 6 * HOUR });
  });

  it('are all unknown for a service that does not exist', () => {
    expect(new UptimeReadModel(openModel('model')).totalsIn('printer', { from: 0, to: DAY_MS })).toMatchObject({
      up: 0,
      unknown: DAY_MS,
    });
    expect(new UptimeReadModel(openModel('other')).finalUntil('printer')).toBeUndefined();
  });
});
