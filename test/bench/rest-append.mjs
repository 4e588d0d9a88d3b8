// REST write beside raw client append on the same store, in one run, with authentication on.
//
//   node test/bench/rest-append.mjs                                    after npm run build
//   node test/bench/rest-append.mjs --connection 'kurrentdb://…'       on another server than the embedded one
//
// The service handles `PUT /api/users/{user}/streams/profile` for a user with a bearer token: it checks the token, the
// permissions, the JSON Schema and the quota, appends one event to exactly the revision that the stream is at, and
// waits until its read model has it. The raw client appends an event with the same data to a stream, from this process,
// on the same server. One stream per writer. Two more servers give the lower bound of REST here: Express in front of
// the client, and Node's HTTP server in front of it (`bare-rest.mjs`).
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { SignJWT } from 'jose';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { HttpConnection, requestOf } from './http-connection.mjs';
import { compare, measure, printFigures } from './measure.mjs';
import { cpuOf, startProcess, untilReady } from './processes.mjs';
import { appendRaw, DATA } from './user-write.mjs';

const OPERATIONS = 4_000;
// Node still compiles hot code after thousands of requests.
const WARM_UP = 6_000;
const ROUNDS = 3;
const MAX_CONCURRENT = 64;
const TO_REACH = 1.3;

const { values: options } = parseArgs({ options: { connection: { type: 'string' } } });
const directory = mkdtempSync(join(tmpdir(), 'penguin-pool-streams-bench-'));
const secret = randomBytes(32).toString('hex');
const database = options.connection
  ? { found: options.connection, stop: () => undefined }
  : await startProcess(
      'dist/embedded-kurrentdb/cli.js',
      ['--data', join(directory, 'kurrentdb'), '--insecure', '--port', '0'],
      {},
      /kurrentdb:\/\/\S+/,
    );
const service = await startProcess(
  'dist/main.js',
  [],
  {
    PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: join(directory, 'service'),
    LOG_LEVEL: 'info',
    RATE_LIMIT: '10000000',
    RATE_LIMIT_PER_USER: '10000000',
    USER_QUOTA_BYTES: '100000000000',
    UPTIME_INTERVAL_MS: '3600000',
    KURRENTDB_CONNECTION_STRING: database.found,
    AUTH_JWT_SECRET: secret,
  },
  /Listening on (http:\/\/[^\s"]+)/,
);
const bare = (kind) =>
  startProcess(
    'test/bench/bare-rest.mjs',
    [kind],
    { KURRENTDB_CONNECTION_STRING: database.found },
    /Listening on (http:\/\/\S+)/,
  );
const [bareNode, bareExpress] = [await bare('node'), await bare('express')];
const client = KurrentDBClient.connectionString(database.found);

const writers = await Promise.all(
  Array.from({ length: MAX_CONCURRENT }, async (_, writer) => {
    const user = `user${randomBytes(4).toString('hex')}`;
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(user)
      .setExpirationTime('1h')
      .sign(Buffer.from(secret));
    return {
      writer,
      request: requestOf(
        'PUT',
        `/api/users/${user}/streams/profile`,
        { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        JSON.stringify({ data: DATA }),
      ),
    };
  }),
);
const rawStreams = writers.map(() => `bench-raw-${randomBytes(4).toString('hex')}`);
const connections = [];

const raw = (writer) => appendRaw(client, rawStreams[writer]);

/** Puts a user's data to a service, over a connection for each that writes. */
function put({ found }) {
  const own = writers.map(() => new HttpConnection(found));
  connections.push(...own);
  return async (writer) => {
    const { status, body } = await own[writer].send(writers[writer].request);
    if (status !== 200 && status !== 201) throw new Error(`responded with ${status}: ${body}`);
  };
}

const OPERATIONS_OF = { raw, node: put(bareNode), express: put(bareExpress), rest: put(service) };

/** As `measure`, and the microseconds of the service's thread that each took. */
async function measureWithThread(operation, count, concurrency) {
  const before = cpuOf(service.pid, { ofJavaScript: true });
  const figures = await measure(operation, count, concurrency);
  return { ...figures, thread: ((cpuOf(service.pid, { ofJavaScript: true }) - before) * 1e6) / count };
}

try {
  await untilReady(service.found);
  console.log(
    `one event with the data of a user, over REST with a bearer token and by the raw client, on the same server; Node ${process.versions.node}`,
  );
  for (const concurrency of [1, MAX_CONCURRENT]) {
    const figures = await compare(OPERATIONS_OF, {
      warmUp: WARM_UP,
      count: OPERATIONS,
      rounds: ROUNDS,
      concurrency,
      measured: measureWithThread,
    });
    const ratio = (kind) => figures.ratio(kind, 'raw').toFixed(2);
    const at = `  ${String(concurrency).padStart(2)} concurrent`;
    printFigures(OPERATIONS_OF, concurrency, figures);
    console.log(
      `${at}  p50, REST ÷ raw: ${ratio('rest')} (to reach: ${TO_REACH.toFixed(2)}), bare Express ÷ raw: ${ratio('express')}, bare node ÷ raw: ${ratio('node')}`,
    );
    console.log(`${at}  REST, of the service's one thread: ${Math.round(figures.of('rest', 'thread'))} µs a write`);
  }
} finally {
  for (const connection of connections) connection.close();
  await client.dispose();
  await Promise.all([service.stop(), bareNode.stop(), bareExpress.stop()]);
  await database.stop();
  rmSync(directory, { recursive: true, force: true });
}
