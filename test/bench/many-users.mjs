// Many users: 100,000 of them with 5 streams each, loaded into a store; then the service on it.
//
//   node test/bench/many-users.mjs [users] [--rebuild-only]        after npm run build
//
// Prints the time to build the read model from the streams, the time of a restart, the memory of the service, and the
// times of listing a user's streams and reading a state, each for a random user with a bearer token.
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { SignJWT } from 'jose';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { measure } from './measure.mjs';
import { cpuOf, startProcess, untilReady } from './processes.mjs';

const REBUILD_ONLY = process.argv.includes('--rebuild-only');
const USERS = Number(process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? 100_000);
const TYPES = ['profile', 'preferences', 'activity', 'loans', 'offers'];
const STREAMS_A_WRITE = 250;
const REQUESTS = 5_000;
const WARM_UP = 1_000;
/** Number of users that send requests, in rotation; their tokens are created before. */
const ASKING = 2_000;
const BUILT_WITHIN_MS = 600_000;
const TO_REACH_MS = 5;

const directory = mkdtempSync(join(tmpdir(), 'penguin-pool-streams-bench-'));
const secret = randomBytes(32).toString('hex');
const database = await startProcess(
  'dist/embedded-kurrentdb/cli.js',
  ['--data', join(directory, 'kurrentdb'), '--insecure', '--port', '0'],
  {},
  /kurrentdb:\/\/\S+/,
);
const environment = {
  PORT: '0',
  HOST: '127.0.0.1',
  DATA_DIR: join(directory, 'service'),
  LOG_LEVEL: 'info',
  RATE_LIMIT: '10000000',
  RATE_LIMIT_PER_USER: '10000000',
  UPTIME_INTERVAL_MS: '3600000',
  SHUTDOWN_DELAY_MS: '0',
  KURRENTDB_CONNECTION_STRING: database.found,
  AUTH_JWT_SECRET: secret,
};
const startService = () => startProcess('dist/main.js', [], environment, /Listening on (http:\/\/[^\s"]+)/);

const userOf = (number) => `user${number}`;
const dataOf = (number) => ({
  displayName: `User ${number}`,
  email: `user${number}@example.com`,
  note: 'x'.repeat(100),
});

/** The two events that a stream begins with, as the service writes them. */
function eventsOf(userId, type, number, now) {
  const streamName = `user-${userId}-${type}`;
  const metadata = (eventId) => ({ source: 'bench', schemaVersion: '1', eventId, timestamp: now, actor: userId });
  const eventId = `evt_0_${randomBytes(16).toString('hex')}`;
  const permissions = { read: number % 10 === 0 ? ['*', userId] : [userId], write: [userId], admin: [userId] };
  return {
    streamName,
    expectedState: 'no_stream',
    events: [
      jsonEvent({
        type: 'StreamCreated',
        data: {
          streamName,
          description: `${type} of ${userId}`,
          tags: ['bench'],
          owner: userId,
          createdAt: now,
          data: {},
          permissions,
        },
        metadata: metadata(`evt_1_${randomBytes(16).toString('hex')}`),
      }),
      jsonEvent({
        type: 'UserDataUpdated',
        data: { userId, type, category: 'default', data: dataOf(number), isPublic: false, timestamp: now, eventId },
        metadata: metadata(eventId),
      }),
    ],
  };
}

async function load(client) {
  const now = new Date().toISOString();
  const perWrite = STREAMS_A_WRITE / TYPES.length;
  const writes = Array.from({ length: Math.ceil(USERS / perWrite) }, (_, write) => write * perWrite);
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let first = writes.shift(); first !== undefined; first = writes.shift()) {
        const numbers = Array.from({ length: Math.min(perWrite, USERS - first) }, (_, offset) => first + offset);
        await client.multiStreamAppend(
          numbers.flatMap((number) => TYPES.map((type) => eventsOf(userOf(number), type, number, now))),
        );
      }
    }),
  );
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Resident and anonymous memory of a process in MB; the difference is file pages, which are reclaimable. */
function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1_024);
  return `${megabytes('VmRSS')} MB resident, ${megabytes('RssAnon')} MB its own`;
}

async function measureRequests(pool, callers, pathOf, concurrency, requests = REQUESTS) {
  let sent = 0;
  const request = async () => {
    const { user, token } = callers[sent++ % callers.length];
    const { statusCode, body } = await pool.request({
      method: 'GET',
      path: pathOf(user),
      headers: { authorization: `Bearer ${token}` },
    });
    await body.text();
    if (statusCode !== 200) throw new Error(`responded with ${statusCode}`);
  };
  const { p50, p99 } = await measure(request, requests, concurrency);
  return `p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms`;
}

const client = KurrentDBClient.connectionString(database.found);
const key = Buffer.from(secret);
const tokenOf = (number) =>
  new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject(userOf(number)).setExpirationTime('1h').sign(key);

let service;
try {
  let start = performance.now();
  await load(client);
  console.log(
    `${USERS} users with ${TYPES.length} streams each loaded in ${Math.round((performance.now() - start) / 1_000)} s`,
  );
  start = performance.now();
  service = await startService();
  await untilReady(service.found, BUILT_WITHIN_MS);
  const seconds = (performance.now() - start) / 1_000;
  const events = USERS * TYPES.length * 2;
  const { size } = statSync(join(directory, 'service/read-models/user-streams-v1/data.mdb'));
  console.log(
    `read model built from ${events} events in ${seconds.toFixed(1)} s with the start of the service: ${Math.round(events / seconds)}/s (to reach: 40,000/s), ${cpuOf(service.pid).toFixed(1)} s of processor time, ${Math.round(size / 1_048_576)} MB on the disk`,
  );
  if (!REBUILD_ONLY) await measureQueries();
} finally {
  await client.dispose();
  await service?.stop();
  await database.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function measureQueries() {
  await service.stop();
  const start = performance.now();
  service = await startService();
  await untilReady(service.found, BUILT_WITHIN_MS);
  console.log(
    `ready after a restart in ${((performance.now() - start) / 1_000).toFixed(2)} s (to reach: 1 s); ${memoryOf(service.pid)}`,
  );
  const numbers = Array.from({ length: Math.min(ASKING, USERS) }, () => Math.floor(Math.random() * USERS));
  const callers = await Promise.all(
    numbers.map(async (number) => ({ user: userOf(number), token: await tokenOf(number) })),
  );
  const pool = new Pool(service.found, { connections: 10 });
  const paths = {
    'livez, for comparison': () => '/livez',
    "list of a user's streams": (user) => `/api/users/${user}/streams`,
    'current state': (user) => `/api/users/${user}/streams/profile`,
  };
  for (const concurrency of [1, 10]) {
    for (const [what, pathOf] of Object.entries(paths)) {
      await measureRequests(pool, callers, pathOf, concurrency, WARM_UP);
      console.log(
        `  ${String(concurrency).padStart(2)} concurrent  ${what.padEnd(24)}  ${await measureRequests(pool, callers, pathOf, concurrency)} (to reach: ${TO_REACH_MS} ms)`,
      );
    }
  }
  console.log(`after the requests: ${memoryOf(service.pid)}`);
  await pause(60_000);
  console.log(`idle for a minute: ${memoryOf(service.pid)} (to reach: 200 MB)`);
  await pool.close();
}
