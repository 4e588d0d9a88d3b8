#!/usr/bin/env node
// Whether the server's memory stays flat, and its start fast, however much is in the store.
//
//   npm run build && npm run test:soak                             10 million events, then two restarts
//   npm run test:soak -- --events 3000000 --directory /some/disk   fewer, elsewhere; below two million the caches still fill, and it fails
//
// Memory is RssAnon of /proc/PID/status (Linux only): what the process has for itself, without the pages of the store's file, which the
// system maps into it while it has nothing better to do with its memory. Fails if the mean of the last quarter of the samples is more
// than 1.25 times that of the second one, or if the server takes more than a second to be ready again, after a stop or a kill.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';

const { values: options } = parseArgs({
  options: {
    server: { type: 'string', default: join(import.meta.dirname, '../../../dist/embedded-kurrentdb/cli.js') },
    directory: { type: 'string', default: tmpdir() },
    events: { type: 'string', default: '10000000' },
    clients: { type: 'string', default: '4' },
    batch: { type: 'string', default: '500' },
    'sample-seconds': { type: 'string', default: '2' },
  },
});
const total = Number(options.events);
const batchSize = Number(options.batch);
const clientCount = Number(options.clients);
const STREAMS_PER_CLIENT = 8;
const MAX_GROWTH = 1.25;
const MAX_START_MS = 1000;
const ROWS = 16;

// ---------------------------------------------------------------- the server

async function startServer(directory) {
  const started = performance.now();
  const child = spawn(process.execPath, [options.server, '--port', '0', '--data', directory, '--insecure'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const connectionString = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code}`)));
    child.stdout.once('data', (chunk) => resolve(String(chunk).trim()));
  });
  return { child, ended, connectionString, readyMs: performance.now() - started };
}

async function endServer({ child, ended }, signal) {
  child.kill(signal);
  await ended;
}

/** Megabytes of a line of /proc/PID/status. */
const memoryOf = (pid, line) =>
  Number(new RegExp(`${line}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

// ---------------------------------------------------------------- the load

const streamName = (client, stream) => `soak-${client}x${stream}`;
const event = (n) =>
  jsonEvent({
    type: n % 10 === 0 ? 'ServiceStatusChanged' : 'ProbesRecorded',
    data: { serviceName: 'http', status: 'up', sequence: n, responseTime: n % 250 },
  });

/** Appends batches, in turn to each of the client's streams, until there are enough. */
async function write(client, number, progress) {
  for (let batch = 0; progress.taken < total; batch++) {
    const count = Math.min(batchSize, total - progress.taken);
    progress.taken += count;
    const events = Array.from({ length: count }, (_, index) => event(batch * batchSize + index));
    await client.appendToStream(streamName(number, batch % STREAMS_PER_CLIENT), events, { streamState: 'any' });
    progress.written += count;
  }
}

/** Reads pages from everywhere: the newest events of a stream, old ones from its middle, and the log from its start. */
async function read(client, progress) {
  for (let round = 0; progress.written < total; round++) {
    const stream = streamName(round % clientCount, round % STREAMS_PER_CLIENT);
    const middle = BigInt(Math.floor((Math.random() * progress.written) / clientCount / STREAMS_PER_CLIENT));
    const reads = [
      client.readStream(stream, { direction: 'backwards', fromRevision: 'end', maxCount: 100 }),
      client.readStream(stream, { fromRevision: middle, maxCount: 1000 }),
      client.readAll({ maxCount: 1000 }),
    ];
    try {
      for (const read of reads) for await (const resolved of read) progress.read += resolved.event ? 1 : 0;
    } catch (error) {
      if (error?.type !== 'stream-not-found') throw error; // not written to yet
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Follows one of the streams, as a read model does. */
function subscribe(client, progress) {
  const subscription = client.subscribeToStream(streamName(0, 0), { fromRevision: 'start' });
  subscription.on('data', () => progress.followed++);
  return new Promise((_, reject) => subscription.on('error', reject));
}

// ---------------------------------------------------------------- samples

function sampleMemory(samples, started, pid, progress, directory) {
  samples.push({
    seconds: (performance.now() - started) / 1000,
    written: progress.written,
    read: progress.read + progress.followed,
    anonymous: memoryOf(pid, 'RssAnon'),
    mapped: memoryOf(pid, 'RssFile'),
    file: statSync(join(directory, 'store.mdb')).size / 1024 / 1024,
  });
}

function printSamples(samples) {
  const columns = ['seconds', 'events written', 'events read', 'anonymous MB', 'mapped MB', 'file MB'];
  console.log(`| ${columns.join(' | ')} |\n|${columns.map(() => '---:').join('|')}|`);
  const step = Math.max(1, (samples.length - 1) / (ROWS - 1));
  for (let at = 0; Math.round(at) < samples.length; at += step) {
    const { seconds, written, read, anonymous, mapped, file } = samples[Math.round(at)];
    console.log(
      `| ${[seconds, written, read, anonymous, mapped, file].map((value) => Math.round(value).toLocaleString('en')).join(' | ')} |`,
    );
  }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean of a quarter of the samples by events written, 0 to 3. */
const meanOfQuarter = (samples, quarter) =>
  mean(
    samples
      .filter(({ written }) => Math.min(3, Math.floor((4 * written) / total)) === quarter)
      .map(({ anonymous }) => anonymous),
  );

// ---------------------------------------------------------------- the run

const failures = [];
function check(name, value, limit, unit) {
  const isMet = value <= limit;
  console.log(`${name}: ${value.toFixed(2)} ${unit} (at most ${limit})${isMet ? '' : ' FAILED'}`);
  if (!isMet) failures.push(name);
}

const directory = mkdtempSync(join(options.directory, 'soak-embedded-'));
let server;
try {
  server = await startServer(directory);
  const clients = Array.from({ length: clientCount + 1 }, () =>
    KurrentDBClient.connectionString(server.connectionString),
  );
  const reader = clients[clientCount];
  const progress = { taken: 0, written: 0, read: 0, followed: 0 };
  const samples = [];
  const started = performance.now();
  const sampler = setInterval(
    () => sampleMemory(samples, started, server.child.pid, progress, directory),
    Number(options['sample-seconds']) * 1000,
  );
  const failed = subscribe(reader, progress);
  await Promise.race([
    failed,
    Promise.all([
      read(reader, progress),
      ...clients.slice(0, clientCount).map((client, number) => write(client, number, progress)),
    ]),
  ]);
  clearInterval(sampler);
  sampleMemory(samples, started, server.child.pid, progress, directory);
  printSamples(samples);
  console.log(`${Math.round((total / (performance.now() - started)) * 1000).toLocaleString('en')} events/s`);
  check(
    'memory, last quarter to second quarter',
    meanOfQuarter(samples, 3) / meanOfQuarter(samples, 1),
    MAX_GROWTH,
    '',
  );

  for (const signal of ['SIGTERM', 'SIGKILL']) {
    const client = KurrentDBClient.connectionString(server.connectionString);
    await client.appendToStream(
      streamName(0, 0),
      Array.from({ length: batchSize }, (_, n) => event(n)),
    );
    await endServer(server, signal);
    server = await startServer(directory);
    check(`ready after ${signal}`, server.readyMs, MAX_START_MS, 'ms');
  }
} finally {
  if (server !== undefined) await endServer(server, 'SIGTERM');
  rmSync(directory, { recursive: true, force: true });
}
process.exit(failures.length > 0 ? 1 : 0);
