// REST write beside raw client append on the same store, in one run (DESIGN, "Numbers to reach"), with authentication on.
//
//   node test/bench/rest-append.mjs        after npm run build
//
// The service answers `PUT /api/users/{user}/streams/profile` for a user with a bearer token: it checks the token, the permissions, the
// JSON Schema and the quota, appends one event to exactly the revision that the stream is at, and waits until its read model has it. The
// raw client appends an event with the same data to a stream, from this process, on the same server. One stream for each that writes.
// Between the two stands `bare-rest.mjs`: Express in front of the client and nothing else, the least that REST can cost here.
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { SignJWT } from 'jose';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { startProcess, untilReady } from './processes.mjs';

const OPERATIONS = 4_000;
// Node still compiles what runs often after thousands of requests.
const WARM_UP = 4_000;
const ROUNDS = 3;
const MOST_CONCURRENT = 64;
const TO_REACH = 1.3;

const directory = mkdtempSync(join(tmpdir(), 'penguin-pool-streams-bench-'));
const secret = randomBytes(32).toString('hex');
const database = await startProcess('dist/embedded-kurrentdb/cli.js', ['--data', join(directory, 'kurrentdb'), '--insecure', '--port', '0'], {}, /kurrentdb:\/\/\S+/);
const service = await startProcess(
  'dist/main.js',
  [],
  {
    PORT: '0', HOST: '127.0.0.1', DATA_DIR: join(directory, 'service'), LOG_LEVEL: 'info', RATE_LIMIT: '10000000', RATE_LIMIT_PER_USER: '10000000', USER_QUOTA_BYTES: '100000000000',
    UPTIME_INTERVAL_MS: '3600000', KURRENTDB_CONNECTION_STRING: database.found, AUTH_JWT_SECRET: secret,
  },
  /Listening on (http:\/\/[^\s"]+)/,
);
const bareService = await startProcess('test/bench/bare-rest.mjs', [], { KURRENTDB_CONNECTION_STRING: database.found }, /Listening on (http:\/\/\S+)/);
const client = KurrentDBClient.connectionString(database.found);
const [pool, barePool] = [service, bareService].map(({ found }) => new Pool(found, { connections: MOST_CONCURRENT, pipelining: 1 }));

const data = { displayName: 'Alice', email: 'alice@example.com', bio: 'x'.repeat(100), timezone: 'Europe/Amsterdam' };
const body = JSON.stringify({ data });
const tokens = await Promise.all(
  Array.from({ length: MOST_CONCURRENT }, (_, writer) => new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject(`user${writer}`).setExpirationTime('1h').sign(Buffer.from(secret))),
);

const raw = (writer) => client.appendToStream(`bench-raw-${writer}`, jsonEvent({ type: 'UserDataUpdated', data, metadata: { source: 'bench' } }));

const put = (to) => async (writer) => {
  const { statusCode, body: answer } = await to.request({
    method: 'PUT', path: `/api/users/user${writer}/streams/profile`, headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[writer]}` }, body,
  });
  const text = await answer.text();
  if (statusCode !== 200 && statusCode !== 201) throw new Error(`answered ${statusCode}: ${text}`);
};

const OPERATIONS_OF = { raw, bare: put(barePool), rest: put(pool) };

/** Milliseconds that each of `count` operations took, `concurrency` at a time. */
async function measure(operation, count, concurrency) {
  const times = [];
  let left = count;
  const worker = async (_, writer) => {
    while (left-- > 0) {
      const start = performance.now();
      await operation(writer);
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
  await untilReady(service.found);
  console.log('one event with the data of a user, over REST with a bearer token and by the raw client, on the same server');
  for (const concurrency of [1, MOST_CONCURRENT]) {
    for (const operation of Object.values(OPERATIONS_OF)) await measure(operation, WARM_UP, concurrency);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const measured = {};
      for (const [kind, operation] of Object.entries(OPERATIONS_OF)) measured[kind] = await measure(operation, OPERATIONS, concurrency);
      rounds.push(measured);
    }
    for (const kind of Object.keys(OPERATIONS_OF)) {
      const [p50, p99, perSecond] = ['p50', 'p99', 'perSecond'].map((figure) => median(rounds.map((round) => round[kind][figure])));
      console.log(`  ${String(concurrency).padStart(2)} concurrent  ${kind.padEnd(4)}  p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms  ${Math.round(perSecond)}/s`);
    }
    const ratio = (kind) => median(rounds.map((round) => round[kind].p50 / round.raw.p50)).toFixed(2);
    console.log(`  ${String(concurrency).padStart(2)} concurrent  p50, REST ÷ raw: ${ratio('rest')} (to reach: ${TO_REACH.toFixed(2)}), bare ÷ raw: ${ratio('bare')}`);
  }
} finally {
  await Promise.all([pool.close(), barePool.close()]);
  await client.dispose();
  await Promise.all([service.stop(), bareService.stop()]);
  await database.stop();
  rmSync(directory, { recursive: true, force: true });
}
