// REST append beside raw client append on the same store, in one run (DESIGN, "Numbers to reach").
//
//   node test/bench/rest-append.mjs        after npm run build
//
// The REST route that appends is the connection test: one append of an event to `connection-test` and one read of it back. The raw
// client does the same two calls, from this process, on the same server.
import { BACKWARDS, jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess } from './processes.mjs';

const OPERATIONS = 3_000;
const WARM_UP = 500;
const ROUNDS = 3;

const directory = mkdtempSync(join(tmpdir(), 'penguin-pool-streams-bench-'));
const database = await startProcess('dist/embedded-kurrentdb/cli.js', ['--data', join(directory, 'kurrentdb'), '--insecure', '--port', '0'], {}, /kurrentdb:\/\/\S+/);
const service = await startProcess(
  'dist/main.js',
  [],
  { PORT: '0', HOST: '127.0.0.1', DATA_DIR: join(directory, 'service'), LOG_LEVEL: 'info', RATE_LIMIT: '10000000', UPTIME_INTERVAL_MS: '3600000', KURRENTDB_CONNECTION_STRING: database.found },
  /Listening on (http:\/\/[^\s"]+)/,
);
const client = KurrentDBClient.connectionString(database.found);
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

const raw = async () => {
  const { nextExpectedRevision } = await client.appendToStream('bench-raw', jsonEvent({ type: 'ConnectionTested', data: {} }));
  for await (const _ of client.readStream('bench-raw', { fromRevision: nextExpectedRevision, maxCount: 1 }));
};

const rest = () =>
  new Promise((resolve, reject) => {
    request(`${service.found}/api/uptime/test-kurrentdb`, { agent }, (response) => {
      response.resume();
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`answered ${response.statusCode}`))));
    })
      .on('error', reject)
      .end();
  });

/** Milliseconds that each of `count` operations took, `concurrency` at a time. */
async function measure(operation, count, concurrency) {
  const times = [];
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      const start = performance.now();
      await operation();
      times.push(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  times.sort((a, b) => a - b);
  const percentile = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { p50: percentile(0.5), p99: percentile(0.99), perSecond: count / ((performance.now() - start) / 1_000) };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

try {
  await client.readStream('connection-test', { direction: BACKWARDS, maxCount: 1 }).next().catch(() => undefined);
  console.log('append and read back, over REST and by the raw client, on the same server');
  for (const concurrency of [1, 64]) {
    await measure(raw, WARM_UP, concurrency);
    await measure(rest, WARM_UP, concurrency);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push({ raw: await measure(raw, OPERATIONS, concurrency), rest: await measure(rest, OPERATIONS, concurrency) });
    for (const kind of ['raw', 'rest']) {
      const [p50, p99, perSecond] = ['p50', 'p99', 'perSecond'].map((figure) => median(rounds.map((round) => round[kind][figure])));
      console.log(`  ${String(concurrency).padStart(2)} concurrent  ${kind.padEnd(4)}  p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms  ${Math.round(perSecond)}/s`);
    }
    const ratio = median(rounds.map((round) => round.rest.p50 / round.raw.p50));
    console.log(`  ${String(concurrency).padStart(2)} concurrent  REST ÷ raw, p50: ${ratio.toFixed(2)} (to reach: 1.30)`);
  }
} finally {
  agent.destroy();
  await client.dispose();
  await service.stop();
  await database.stop();
  rmSync(directory, { recursive: true, force: true });
}
