import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryEventStore } from '../../../../test/support/memory-event-store.js';
import { HTTP, NOON, uptimeEvents } from '../../../../test/support/probed-service.js';
import { ReadModel, serviceUptimeStream } from '../../../event-store/index.js';
import {
  changeEventId,
  toSample,
  type ObservedStatus,
  probeSamplesStream,
  type TimeRange,
  type StatusChange,
  toMaintenanceCancelled,
  toMaintenanceScheduled,
  toProbesRecorded,
  toServiceStatusChanged,
  toStatusCorrected,
  addTimeRange,
  createUptimeStream,
} from '../../domain/index.js';
import { uptimeReadModel, UptimeReadModel } from './uptime-read-model.js';

const EVER: TimeRange = { from: 0, to: 2 * NOON };
const SECOND = 1_000;

describe('uptime read model', () => {
  let directory: string;
  let store: MemoryEventStore;
  const opened: ReadModel[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'uptime-read-model-'));
    store = new MemoryEventStore(uptimeEvents());
  });
  afterEach(async () => {
    for (const model of opened.splice(0)) await model.stop();
    rmSync(directory, { recursive: true });
  });

  /** Opens the tables and waits until they contain every stored event. */
  const open = async (under = directory): Promise<UptimeReadModel> => {
    const model = new ReadModel(uptimeReadModel, store, under);
    opened.push(model);
    await model.start();
    await settled(model);
    return new UptimeReadModel(model);
  };
  const settled = async (model = opened.at(-1)): Promise<void> => {
    const position = store.log.at(-1)?.position;
    if (position) expect(await model?.waitFor(position, 5_000)).toBe(true);
  };
  const change = (service: string, status: ObservedStatus, at: number): StatusChange => ({
    serviceName: service,
    status,
    at,
    metadata: { responseTime: 3 },
    eventId: changeEventId(service, status, at),
  });
  const record = (...changes: StatusChange[]): Promise<unknown> =>
    Promise.all(
      changes.map((recorded) =>
        store.appendToStream(serviceUptimeStream(recorded.serviceName), toServiceStatusChanged(recorded)),
      ),
    );
  /** Samples at the given seconds after noon. */
  const recordSamples = (service: string, seconds: readonly number[], prober = 'prober1'): Promise<unknown> => {
    const samples = seconds.map((second) => toSample({ at: NOON + second * SECOND, responseTime: 2 }, HTTP.grades));
    return store.appendToStream(probeSamplesStream(service), toProbesRecorded(service, samples, HTTP, prober));
  };
  const secondsOf = (spans: readonly TimeRange[]): number[][] =>
    spans.map(({ from, to }) => [(from - NOON) / SECOND, (to - NOON) / SECOND]);

  it('lists services that have a stream, probed or not', async () => {
    for (const service of ['websocket', 'http']) await createUptimeStream(store, service);
    expect((await open()).services()).toEqual(['http', 'websocket']);
  });

  it('returns the changes of a window, and the last one up to an instant', async () => {
    const [first, second, third] = [
      change('http', 'up', NOON),
      change('http', 'down', NOON + 5),
      change('http', 'up', NOON + 9),
    ];
    await record(first, second, third, change('http-2', 'down', NOON + 6), change('database', 'down', NOON + 20));
    const history = await open();
    expect(history.changesIn('http', { from: NOON, to: NOON + 9 })).toEqual([first, second]);
    expect(history.changesIn('http', { from: NOON + 1, to: NOON + 10 })).toEqual([second, third]);
    expect(history.lastChange('http', NOON + 8)).toEqual(second);
    expect(history.lastChange('http', NOON - 1)).toBeUndefined();
    expect(history.lastChange('http')).toEqual(third);
    expect(history.lastChange('websocket')).toBeUndefined();
  });

  it('keeps changes of the same millisecond in stream order', async () => {
    await record(change('http', 'down', NOON), change('http', 'up', NOON));
    const history = await open();
    expect(history.changesIn('http', EVER).map(({ status }) => status)).toEqual(['down', 'up']);
    expect(history.lastChange('http')?.status).toBe('up');
  });

  it('merges consecutive windows into one range, and starts another one after a gap', async () => {
    await recordSamples('http', [0, 10, 20]);
    await recordSamples('http', [30, 40]);
    await recordSamples('http', [66, 76]);
    const history = await open();
    expect(secondsOf(history.coveredIn('http', EVER))).toEqual([
      [0, 40],
      [66, 76],
    ]);
  });

  it('detects a gap within a window', async () => {
    await recordSamples('http', [0, 10, 40, 50]);
    expect(secondsOf((await open()).coveredIn('http', EVER))).toEqual([
      [0, 10],
      [40, 50],
    ]);
  });

  it('returns the ranges that touch a window, of that service only', async () => {
    await recordSamples('http', [0, 10, 100, 110, 200, 210]);
    await recordSamples('http-2', [100, 150]);
    const history = await open();
    const covered = (from: number, to: number): number[][] =>
      secondsOf(history.coveredIn('http', { from: NOON + from * SECOND, to: NOON + to * SECOND }));
    expect(covered(105, 106)).toEqual([[100, 110]]);
    expect(covered(20, 90)).toEqual([]);
    expect(covered(10, 100)).toEqual([
      [0, 10],
      [100, 110],
    ]);
  });

  it('merges the windows of two replicas independently of their order', async () => {
    const windows = fc.array(
      fc.record({ start: fc.nat(300), gaps: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 }) }),
      { minLength: 1, maxLength: 8 },
    );
    const history = await open();
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(windows, async (given) => {
        const service = `service-${runs++}`;
        let expected: TimeRange[] = [];
        for (const [index, { start, gaps }] of given.entries()) {
          const seconds = gaps.reduce<number[]>((times, gap) => [...times, (times.at(-1) ?? 0) + gap], [start]);
          await recordSamples(service, seconds, `prober${index}`);
          for (const second of seconds)
            expected = addTimeRange(
              expected,
              { from: NOON + second * SECOND, to: NOON + second * SECOND },
              25 * SECOND,
            );
        }
        await settled();
        expect(history.coveredIn(service, EVER)).toEqual(expected);
      }),
    );
  });

  it('returns scheduled and cancelled maintenance and corrections in stream order', async () => {
    const single = { id: 'upgrade', from: NOON, to: NOON + 60 * SECOND, reason: 'upgrade', scheduledBy: 'alice' };
    const recurring = {
      id: 'backup',
      from: NOON - SECOND,
      recurrence: { rule: '0 2 * * *', timezone: 'Europe/Amsterdam', durationMs: 60 * SECOND },
      reason: 'backup',
      scheduledBy: 'alice',
    };
    const alarm = {
      id: 'alarm',
      from: NOON,
      to: NOON + SECOND,
      status: 'up' as const,
      reason: 'false alarm',
      correctedBy: 'bob',
    };
    const stream = serviceUptimeStream('http');
    await store.appendToStream(stream, [
      toMaintenanceScheduled(single, NOON, 'evt_1_first'),
      toMaintenanceScheduled(recurring, NOON, 'evt_2_second'),
    ]);
    await store.appendToStream(stream, [
      toStatusCorrected(alarm, NOON, 'evt_3_third'),
      toStatusCorrected({ ...alarm, id: 'later', from: 0 }, NOON, 'evt_4_fourth'),
    ]);
    const history = await open();
    expect(history.maintenance('http')).toEqual([single, recurring]);
    expect(history.corrections('http').map(({ id }) => id)).toEqual(['alarm', 'later']);
    await store.appendToStream(stream, [
      toMaintenanceCancelled('upgrade', 'bob', NOON + 5 * SECOND, 'evt_5_fifth'),
      toMaintenanceCancelled('unheard-of', 'bob', NOON, 'evt_6_sixth'),
    ]);
    await settled();
    expect(history.maintenance('http')).toEqual([
      { ...single, cancelled: { by: 'bob', at: NOON + 5 * SECOND } },
      recurring,
    ]);
    expect(history.maintenance('websocket')).toEqual([]);
    expect(history.corrections('websocket')).toEqual([]);
  });

  it('applies live events, resumes after a restart, and is identical after a rebuild from the streams', async () => {
    await record(change('http', 'up', NOON));
    await recordSamples('http', [0, 10]);
    const running = await open();
    await record(change('http', 'down', NOON + 15 * SECOND));
    await settled();
    expect(running.lastChange('http')?.status).toBe('down');
    await opened.pop()?.stop();

    await record(change('http', 'up', NOON + 40 * SECOND));
    await recordSamples('http', [20, 30, 40]);
    const all = (history: UptimeReadModel): unknown => ({
      services: history.services(),
      changes: history.changesIn('http', EVER),
      covered: history.coveredIn('http', EVER),
    });
    const restarted = all(await open());
    expect(restarted).toMatchObject({
      changes: [{ status: 'up' }, { status: 'down' }, { status: 'up' }],
      covered: [{ from: NOON, to: NOON + 40 * SECOND }],
    });
    expect(all(await open(join(directory, 'rebuilt')))).toEqual(restarted);
  });

  it('skips malformed events, and applies the rest', async () => {
    await store.appendToStream('service-uptime-http', { type: 'ServiceStatusChanged', data: { status: 'superb' } });
    await store.appendToStream('system-probe-samples-http', { type: 'ProbesRecorded', data: { columns: '???' } });
    await record(change('http', 'up', NOON));
    expect((await open()).changesIn('http', EVER)).toHaveLength(1);
  });
});
