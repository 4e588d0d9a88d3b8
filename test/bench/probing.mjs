// Cost of probing, in one run: 1,000 services every 10 seconds over HTTP, a new connection each.
//
//   node test/bench/probing.mjs        after npm run build
//
// The service runs as it does in production, on an embedded KurrentDB in a process of its own; beside it, the same
// number of requests at the same rate by undici alone. CPU is the kernel's count for the process. Lateness comes from
// the recorded samples: how much later than its slot a probe began, the slots of a service being one interval apart.
// Bytes are the size of 60 samples in the store.
import { FORWARDS, KurrentDBClient, START } from '@kurrent/kurrentdb-client';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'undici';
import { decodeSamples } from '../../dist/uptime/domain/index.js';
import { percentile } from './measure.mjs';
import { cpuOf, startProcess, untilReady } from './processes.mjs';

const SERVICES = 1_000;
const INTERVAL_MS = 10_000;
const MEASURED_MS = 60_000;
const TO_REACH = { cpu: 1.3, lateness: 5, bytes: 16 };

const directory = mkdtempSync(join(tmpdir(), 'penguin-pool-streams-bench-'));
const target = await startProcess('test/bench/http-target.mjs', [], {}, /Listening on (http:\/\/\S+)/);
const database = await startProcess(
  'dist/embedded-kurrentdb/cli.js',
  ['--data', join(directory, 'kurrentdb'), '--insecure', '--port', '0'],
  {},
  /kurrentdb:\/\/\S+/,
);
const servicesFile = join(directory, 'services.yaml');
writeFileSync(
  servicesFile,
  `services:\n${Array.from({ length: SERVICES }, (_, index) => `  - { name: service-${index}, kind: http, url: "${target.found}/", interval: 10s }`).join('\n')}\n`,
);
const secret = randomBytes(32).toString('hex');
const service = await startProcess(
  'dist/main.js',
  [],
  {
    PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: join(directory, 'service'),
    KURRENTDB_CONNECTION_STRING: database.found,
    AUTH_JWT_SECRET: secret,
    UPTIME_SERVICES_FILE: servicesFile,
  },
  /Listening on (http:\/\/[^\s"]+)/,
);

const memoryOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1_024;
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** CPU seconds of undici alone for 1,000 requests at the rate of the service, with a new connection each. */
async function bareLoop(seconds) {
  const apart = INTERVAL_MS / SERVICES;
  const before = process.cpuUsage();
  const running = [];
  const start = performance.now();
  for (let request = 0; request < (seconds * 1_000) / apart; request++) {
    await sleep(Math.max(0, start + request * apart - performance.now()));
    running.push(
      (async () => {
        const client = new Client(target.found, { pipelining: 0 });
        const { body } = await client.request({ method: 'GET', path: '/' });
        await body.dump();
        await client.destroy();
      })(),
    );
  }
  await Promise.all(running);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / (running.length / 1_000);
}

/** The windows of samples that the store has, with what each takes there. */
async function recordedWindows() {
  const client = KurrentDBClient.connectionString(database.found);
  const windows = [];
  for await (const { event } of client.readAll({ direction: FORWARDS, fromPosition: START })) {
    if (event?.type === 'ProbesRecorded') windows.push(event);
  }
  await client.dispose();
  return windows;
}

/** An event's own bytes: its data and metadata, the names of its stream and type, its id and its place. */
const bytesOf = ({ data, metadata, streamId, type }) =>
  JSON.stringify(data).length + JSON.stringify(metadata).length + streamId.length + type.length + 16 + 16;

try {
  await untilReady(service.found);
  // The first probes open the streams of all services, and node compiles what runs often.
  await sleep(2 * INTERVAL_MS);
  const [cpuBefore, start] = [cpuOf(service.pid), Date.now()];
  await sleep(MEASURED_MS);
  const [cpu, ended] = [cpuOf(service.pid) - cpuBefore, Date.now()];
  const memory = memoryOf(service.pid);
  const bare = await bareLoop(10);
  await service.stop();

  const windows = await recordedWindows();
  const byService = new Map();
  for (const { data } of windows)
    byService.set(data.serviceName, [...(byService.get(data.serviceName) ?? []), ...decodeSamples(data)]);
  const lateness = [];
  let probes = 0;
  for (const samples of byService.values()) {
    const measured = samples.map(({ at }) => at).filter((at) => at >= start && at < ended);
    probes += measured.length;
    const offsets = measured.map((at) => at - Math.round((at - measured[0]) / INTERVAL_MS) * INTERVAL_MS);
    const first = Math.min(...offsets);
    lateness.push(...offsets.map((offset) => offset - first));
  }
  lateness.sort((a, b) => a - b);
  console.log(
    `${SERVICES} services every ${INTERVAL_MS / 1_000} s over HTTP for ${MEASURED_MS / 1_000} s, a new connection each`,
  );
  console.log(
    `  ${(probes / (MEASURED_MS / 1_000)).toFixed(1)} probes/s, ${probes} in all (due: ${(SERVICES * MEASURED_MS) / INTERVAL_MS})`,
  );
  console.log(
    `  CPU seconds per 1,000 probes, all of the service: ${(cpu / (probes / 1_000)).toFixed(2)} (to reach: ${TO_REACH.cpu}); undici alone: ${bare.toFixed(2)}`,
  );
  console.log(
    `  lateness p50 ${percentile(lateness, 0.5)} ms  p99 ${percentile(lateness, 0.99)} ms (to reach: ${TO_REACH.lateness})  max ${lateness.at(-1)} ms`,
  );
  console.log(`  resident memory of the service ${memory.toFixed(0)} MB`);
  const full = windows.filter(({ data }) => data.count >= 5);
  const [one] = full;
  const perEvent = bytesOf(one) - one.data.columns.length;
  const perSample =
    full.reduce((sum, { data }) => sum + data.columns.length, 0) / full.reduce((sum, { data }) => sum + data.count, 0);
  console.log(
    `  bytes a sample: ${perSample.toFixed(1)} of its own, and ${perEvent} of an event's, in windows of 60 (ten minutes): ${(perSample + perEvent / 60).toFixed(1)} (to reach: ${TO_REACH.bytes})`,
  );
} finally {
  await service.stop();
  await database.stop();
  await target.stop();
  rmSync(directory, { recursive: true, force: true });
}
