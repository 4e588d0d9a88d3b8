// Cost of a write to a user stream without HTTP, beside a raw client append on the same store, in one process and one
// run: the remainder of the ratio that `rest-append.mjs` measures is HTTP.
//
//   node test/bench/rest-without-http.mjs        after npm run build
//
// `replace` is the method that the route calls: permissions, JSON Schema, quota, an append to exactly the revision that
// the stream is at, and the wait until the read model has it. The service runs in this process, without listening.
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, printFigures } from './measure.mjs';
import { startProcess } from './processes.mjs';
import { appendRaw, DATA } from './user-write.mjs';

const MAX_CONCURRENT = 64;

const directory = mkdtempSync(join(tmpdir(), 'penguin-pool-streams-bench-'));
const database = await startProcess(
  'dist/embedded-kurrentdb/cli.js',
  ['--data', join(directory, 'kurrentdb'), '--insecure', '--port', '0'],
  {},
  /kurrentdb:\/\/\S+/,
);
Object.assign(process.env, {
  DATA_DIR: join(directory, 'service'),
  LOG_LEVEL: 'warn',
  USER_QUOTA_BYTES: '100000000000',
  UPTIME_INTERVAL_MS: '3600000',
  KURRENTDB_CONNECTION_STRING: database.found,
  AUTH_JWT_SECRET: 'x'.repeat(64),
});
const { AppModule } = await import('../../dist/app.module.js');
const { UserStreams } = await import('../../dist/user-streams/application/index.js');
const app = await NestFactory.create(AppModule, { logger: ['error'], abortOnError: false });
await app.init();
const streams = app.get(UserStreams, { strict: false });
const client = KurrentDBClient.connectionString(database.found);

const writers = Array.from({ length: MAX_CONCURRENT }, (_, writer) => ({
  caller: { kind: 'known', id: `user${writer}`, roles: new Set(['user']), credential: 'token' },
  key: { userId: `user${writer}`, type: 'profile', category: 'default' },
  precondition: { kind: 'none' },
  idempotencyKey: undefined,
  requestId: 'bench',
}));
const OPERATIONS_OF = {
  raw: (writer) => appendRaw(client, `bench-raw-${writer}`),
  replace: (writer) => streams.replace(writers[writer], [{ data: DATA }]),
};

/** Until the read model has caught up, writes are rejected. */
async function untilReady() {
  for (;;) {
    try {
      return await OPERATIONS_OF.replace(0);
    } catch (error) {
      if (error.name !== 'ConnectionError') throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

try {
  await untilReady();
  console.log(
    `one event with the data of a user, without HTTP and by the raw client, in one process; Node ${process.versions.node}`,
  );
  for (const concurrency of [1, MAX_CONCURRENT]) {
    const figures = await compare(OPERATIONS_OF, { warmUp: 6_000, count: 4_000, rounds: 3, concurrency });
    printFigures(OPERATIONS_OF, concurrency, figures);
    console.log(
      `  ${String(concurrency).padStart(2)} concurrent  p50, replace ÷ raw: ${figures.ratio('replace', 'raw').toFixed(2)}`,
    );
  }
} finally {
  await client.dispose();
  await app.close();
  await database.stop();
  rmSync(directory, { recursive: true, force: true });
}
