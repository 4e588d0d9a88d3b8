import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryEventStore } from '../../../../test/support/memory-event-store.js';
import { HTTP, NOON, uptimeEvents } from '../../../../test/support/probed-service.js';
import { ReadModel } from '../../../event-store/index.js';
import {
  DAY_MS,
  toSample,
  UNIT_MS,
  probeSamplesStream,
  type RollupUnit,
  type Sample,
  startOf,
  toProbesRecorded,
} from '../../domain/index.js';
import { uptimeReadModel, UptimeReadModel } from './uptime-read-model.js';
import { openTables } from './uptime-tables.js';

const { minute: MINUTE, hour: HOUR } = UNIT_MS;

describe('the rollups of samples', () => {
  let directory: string;
  let store: MemoryEventStore;
  let model: ReadModel;
  let history: UptimeReadModel;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'rollup-rows-'));
    store = new MemoryEventStore(uptimeEvents());
    model = new ReadModel(uptimeReadModel, store, directory);
    history = new UptimeReadModel(model);
    await model.start();
  });
  afterEach(async () => {
    await model.stop();
    rmSync(directory, { recursive: true });
  });

  const sample = (at: number, responseTime: number, error?: string): Sample =>
    toSample({ at, responseTime, ...(error === undefined ? {} : { error }) }, HTTP.grades);
  const record = async (...samples: readonly Sample[]): Promise<void> => {
    const { position } = await store.appendToStream(
      probeSamplesStream('http'),
      toProbesRecorded('http', samples, HTTP, 'prober1'),
    );
    if (position) expect(await model.waitFor(position, 5_000)).toBe(true);
  };
  const rowsOf = (unit: RollupUnit): number[] => [...openTables(model).rollups[unit].getKeys()].map(([, at = 0]) => at);
  const countIn = (from: number, to: number): number | undefined => history.responseTimes('http', { from, to })?.count;

  it('return response times of a window within 1/32, from every unit', async () => {
    await record(...Array.from({ length: 1_000 }, (_, index) => sample(NOON + index * 10_000, index + 1)));
    const { count, p50, p95, p99 } = history.responseTimes('http', { from: NOON, to: NOON + DAY_MS }) ?? {
      count: 0,
      p50: 0,
      p95: 0,
      p99: 0,
    };
    expect(count).toBe(1_000);
    for (const [found, exact] of [
      [p50, 500],
      [p95, 950],
      [p99, 990],
    ] as const)
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact / 32);
  });

  it('widen the edges of a window to minutes while those are retained, then to hours and days', async () => {
    const at = startOf('hour', NOON) + 10 * MINUTE + 30_000;
    await record(sample(at - HOUR, 5), sample(at - MINUTE, 5), sample(at, 5));
    expect(countIn(at, at + 1)).toBe(1);
    expect(countIn(at - 30_001, at + 1)).toBe(2);
    await record(sample(at + 4 * DAY_MS, 5));
    expect(countIn(at, at + 1)).toBe(2);
    await record(sample(at + 70 * DAY_MS, 5));
    expect(countIn(at, at + 1)).toBe(3);
    expect(countIn(at + 4 * DAY_MS, at + 70 * DAY_MS + 1)).toBe(2);
  });

  it('retain minutes for two days and hours for sixty before the newest sample, and days forever', async () => {
    await record(sample(NOON, 5));
    await record(sample(NOON + 2 * DAY_MS + HOUR, 5));
    expect([rowsOf('minute'), rowsOf('hour'), rowsOf('day')].map(({ length }) => length)).toEqual([1, 2, 2]);
    await record(sample(NOON + 2_000 * DAY_MS, 5));
    expect([rowsOf('minute'), rowsOf('hour'), rowsOf('day')].map(({ length }) => length)).toEqual([1, 1, 3]);
  });

  it('add late samples to the units that are still retained', async () => {
    await record(sample(NOON + 100 * DAY_MS, 5));
    await record(sample(NOON + 97 * DAY_MS, 5), sample(NOON + 97 * DAY_MS + 10_000, 5));
    await record(sample(NOON, 5));
    expect([rowsOf('minute'), rowsOf('hour'), rowsOf('day')].map(({ length }) => length)).toEqual([1, 2, 3]);
    expect(countIn(NOON, NOON + 101 * DAY_MS)).toBe(4);
  });

  it('return error kinds, most frequent first', async () => {
    await record(
      sample(NOON, 5),
      ...[1, 2, 3].map((second) => sample(NOON + second * 10_000, 5_000, `no answer within ${second} ms`)),
      sample(NOON + 40_000, 3, 'answered 503'),
    );
    await record(sample(NOON + HOUR, 3, 'answered 503'), sample(NOON + HOUR + 1, 3, 'answered 500'));
    expect(history.errorKinds('http', { from: NOON, to: NOON + DAY_MS })).toEqual([
      { kind: 'no answer within # ms', count: 3 },
      { kind: 'answered 503', count: 2 },
      { kind: 'answered 500', count: 1 },
    ]);
    expect(history.responseTimes('http', { from: NOON + HOUR, to: NOON + 2 * HOUR })).toBeUndefined();
  });

  it('are empty for a service without samples', () => {
    expect(history.responseTimes('printer', { from: 0, to: NOON })).toBeUndefined();
    expect(history.errorKinds('printer', { from: 0, to: NOON })).toEqual([]);
  });

  it('take at most 30 bytes a minute for a steady service', async () => {
    await record(...Array.from({ length: 360 }, (_, index) => sample(NOON + index * 10_000, 3 + (index % 7) / 10)));
    const { minute } = openTables(model).rollups;
    const sizes = [...minute.getKeys()].map((key) => minute.getBinary(key)?.length ?? 0);
    expect(sizes).toHaveLength(60);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(30);
  });
});
