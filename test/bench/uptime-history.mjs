// The history of uptime: the cost of storing it, and the time of queries.
//
//   node test/bench/uptime-history.mjs [years]        after npm run build
//
// One service over five years, with random outages and gaps, applied to the read model in batches like those of a
// subscription: 30 samples per event, one a minute (with one in 10 s the days and changes are as many, but the run
// takes several minutes). Then the same queries over one day and over all of it, alternating.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadModel } from '../../dist/event-store/read-models/read-model.js';
import { UptimeQueries } from '../../dist/uptime/history/application/uptime-queries.js';
import {
  changeEventId,
  DAY_MS,
  DEFAULT_GRADE_LIMITS,
  toSample,
  probeSamplesStream,
  toProbesRecorded,
  toServiceStatusChanged,
} from '../../dist/uptime/domain/index.js';
import { uptimeReadModel, UptimeReadModel } from '../../dist/uptime/history/read-model/uptime-read-model.js';
import { percentile } from './measure.mjs';

const YEARS = Number(process.argv[2] ?? 5);
const SERVICE = 'http';
const RULES = { intervalMs: 60_000, timeoutMs: 5_000, grades: DEFAULT_GRADE_LIMITS };
const SAMPLES_PER_EVENT = 30;
const EVENTS_PER_BATCH = 1_000;
const EVENT_MS = SAMPLES_PER_EVENT * RULES.intervalMs;
const HOUR_MS = 3_600_000;
const HOURS = { day: 24, all: YEARS * 365 * 24 };
const NOW = Date.UTC(2026, 10, 25, 13, 37, 5);
const FROM = NOW - HOURS.all * HOUR_MS - DAY_MS;
/** An outage about every five days, of half an hour to two hours; a gap without probes about once in two months. */
const OUTAGE = 1 / ((5 * DAY_MS) / EVENT_MS);
const GAP = 1 / ((60 * DAY_MS) / EVENT_MS);
const QUERIES = 50_000;
const WARM_UP = 2_000;

let position = 0n;
const revisions = new Map();
function recorded(streamName, { type, data, timestamp, eventId, metadata }) {
  const revision = revisions.get(streamName) ?? 0n;
  revisions.set(streamName, revision + 1n);
  position++;
  return {
    type,
    data,
    metadata,
    timestamp,
    eventId,
    streamName,
    revision,
    position: { commit: position, prepare: position },
    created: 0,
  };
}

function* history() {
  let status;
  let outage = 0;
  for (let at = FROM; at + EVENT_MS <= NOW; at += EVENT_MS) {
    if (Math.random() < GAP) at += HOUR_MS;
    if (outage === 0 && Math.random() < OUTAGE) outage = 1 + Math.floor(Math.random() * 4);
    const next = outage > 0 ? 'down' : 'up';
    outage = Math.max(0, outage - 1);
    if (next !== status)
      yield recorded(
        `service-uptime-${SERVICE}`,
        toServiceStatusChanged({
          serviceName: SERVICE,
          status: next,
          at,
          metadata: {},
          eventId: changeEventId(SERVICE, next, at),
        }),
      );
    status = next;
    const samples = Array.from({ length: SAMPLES_PER_EVENT }, (_, index) =>
      toSample(
        {
          at: at + index * RULES.intervalMs + Math.floor(Math.random() * 5),
          responseTime: 3 + Math.random() ** 8 * 600,
          ...(next === 'down' ? { error: `connection refused by 10.0.0.7:${8_000 + index}` } : {}),
        },
        RULES.grades,
      ),
    );
    yield recorded(probeSamplesStream(SERVICE), toProbesRecorded(SERVICE, samples, RULES, 'bench'));
  }
}

/** Applies the history to a read model in batches, and measures its CPU time. */
class HistoryStore {
  events = 0;
  samples = 0;
  cpuMs = 0;

  async identity() {
    return 'bench';
  }

  subscribeToAll({ onBatch, onCaughtUp }) {
    const running = this.#run(onBatch).then(onCaughtUp);
    return { stop: () => running };
  }

  async #run(onBatch) {
    let batch = [];
    const give = async () => {
      // CPU time, because other processes may use the machine.
      const before = process.cpuUsage();
      await onBatch({ events: batch, position: batch.at(-1).position });
      const { user, system } = process.cpuUsage(before);
      this.cpuMs += (user + system) / 1_000;
      this.events += batch.length;
      this.samples += batch.filter(({ type }) => type === 'ProbesRecorded').length * SAMPLES_PER_EVENT;
      batch = [];
    };
    for (const event of history()) {
      batch.push(event);
      if (batch.length === EVENTS_PER_BATCH) await give();
    }
    if (batch.length > 0) await give();
  }
}

function percentiles(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return [0.5, 0.99].map((share) => percentile(sorted, share));
}

/** Milliseconds of each query, alternating, so that other load affects all of them equally. */
function measureQueries(queries, count) {
  const times = Object.fromEntries(Object.keys(queries).map((name) => [name, []]));
  for (let round = 0; round < count; round++) {
    const ordered = round % 2 === 0 ? Object.entries(queries) : Object.entries(queries).toReversed();
    for (const [name, query] of ordered) {
      const start = performance.now();
      query();
      times[name].push(performance.now() - start);
    }
  }
  return times;
}

const directory = mkdtempSync(join(tmpdir(), 'penguin-pool-streams-bench-'));
const store = new HistoryStore();
const model = new ReadModel(uptimeReadModel, store, join(directory, 'uptime'));
try {
  const start = performance.now();
  await model.start();
  while (!model.isCaughtUp) await new Promise((resolve) => setTimeout(resolve, 50));
  const { events, samples, cpuMs } = store;
  console.log(
    `${YEARS} years of one service: ${samples.toLocaleString('en')} samples in ${events.toLocaleString('en')} events, made and applied in ${Math.round((performance.now() - start) / 1_000)} s`,
  );
  console.log(
    `  rolled up         ${((cpuMs / samples) * 1_000).toFixed(2)} µs of CPU a sample, ${Math.round((events / cpuMs) * 1_000).toLocaleString('en')} events and ${Math.round((samples / cpuMs) * 1_000).toLocaleString('en')} samples a second of it`,
  );
  const bytes = statSync(join(directory, 'uptime', 'data.mdb')).size;
  console.log(
    `  on the disk       ${(bytes / 1_048_576).toFixed(1)} MB, ${(bytes / samples).toFixed(3)} bytes a sample (to reach, the samples' stream included: 16)`,
  );

  const history = new UptimeReadModel(model);
  const live = new Map([
    [SERVICE, { service: { name: SERVICE, ...RULES }, latestChanges: [], covered: [], lastSample: undefined }],
  ]);
  const uptime = new UptimeQueries(history, { monitors: live }, { now: () => NOW, monotonic: () => performance.now() });
  const queries = Object.fromEntries(
    Object.entries(HOURS).map(([name, hours]) => [name, () => uptime.service(SERVICE, hours)]),
  );
  measureQueries(queries, WARM_UP);
  const times = measureQueries(queries, QUERIES);
  const [day, all] = [percentiles(times.day), percentiles(times.all)];
  console.log(`  summary, 1 day    p50 ${day[0].toFixed(3)} ms  p99 ${day[1].toFixed(3)} ms`);
  console.log(`  summary, ${YEARS} years  p50 ${all[0].toFixed(3)} ms  p99 ${all[1].toFixed(3)} ms (to reach: 10 ms)`);
  console.log(
    `  ${YEARS} years ÷ 1 day   p50 ${(all[0] / day[0]).toFixed(2)}  p99 ${(all[1] / day[1]).toFixed(2)} (to reach: 1.20, on a machine with nothing else to do)`,
  );

  const window = (hours) => ({ from: NOW - hours * HOUR_MS, to: NOW });
  const rollups = Object.fromEntries(
    Object.entries(HOURS).map(([name, hours]) => [name, () => history.responseTimes(SERVICE, window(hours))]),
  );
  measureQueries(rollups, 20);
  const rolled = measureQueries(rollups, 200);
  for (const [name, label] of [
    ['day', '1 day'],
    ['all', `${YEARS} years`],
  ]) {
    const { count, p50, p95, p99 } = history.responseTimes(SERVICE, window(HOURS[name]));
    const [took50, took99] = percentiles(rolled[name]);
    console.log(
      `  p50, p95, p99 of ${label.padEnd(7)}  ${[p50, p95, p99].map((ms) => ms.toFixed(1)).join(', ')} ms of ${count.toLocaleString('en')} results; queried in p50 ${took50.toFixed(2)} ms  p99 ${took99.toFixed(2)} ms`,
    );
  }
} finally {
  await model.stop();
  rmSync(directory, { recursive: true, force: true });
}
