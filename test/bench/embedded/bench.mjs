#!/usr/bin/env node
// What the server can take, through the official client.
//
//   npm run build && npm run bench:embedded                        the embedded server, on a disk, with TLS and users
//   npm run bench:embedded -- --insecure                           without either, as most recordings of other servers are
//   npm run bench:embedded -- --connection 'kurrentdb://…'         any other server, same measurements
//   npm run bench:embedded -- --only appends --seconds 5           a part of it, longer
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomUUID } from 'node:crypto';
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { percentile } from '../measure.mjs';

const { values: options } = parseArgs({
  options: {
    connection: { type: 'string' },
    insecure: { type: 'boolean', default: false },
    server: { type: 'string', default: join(import.meta.dirname, '../../../dist/embedded-kurrentdb/cli.js') },
    only: { type: 'string' },
    seconds: { type: 'string', default: '3' },
    'read-events': { type: 'string', default: '200000' },
  },
});
const measureMs = Number(options.seconds) * 1000;

const run = randomUUID().slice(0, 8);
const event = (n) =>
  jsonEvent({
    type: 'ServiceStatusChanged',
    data: { serviceName: 'http', status: 'up', sequence: n, responseTime: 45 },
  });
const events = (count) => Array.from({ length: count }, (_, n) => event(n));

const results = [];
function report(name, value, unit, target) {
  results.push({ name, value, unit, target });
  const text = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
  console.log(
    `${name.padEnd(48)} ${text.padStart(12)} ${unit}${target === undefined ? '' : `   (to reach: ${target})`}`,
  );
}

async function repeat(action, concurrency = 1) {
  const latencies = [];
  const end = performance.now() + measureMs;
  const worker = async (number) => {
    for (let n = 0; performance.now() < end; n++) {
      const start = performance.now();
      await action(number, n);
      latencies.push(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: concurrency }, (_, number) => worker(number)));
  return {
    perSecond: (latencies.length / (performance.now() - start)) * 1000,
    latencies: latencies.sort((a, b) => a - b),
  };
}

// ---------------------------------------------------------------- measurements

async function appends(client) {
  const append = (stream, batch) => client.appendToStream(stream, batch, { streamState: 'any' });
  for (let n = 0; n < 200; n++) await append(`bench-${run}-warm`, [event(n)]);
  const single = await repeat((_, n) => append(`bench-${run}-single`, [event(n)]));
  report('append, 1 client: p50', percentile(single.latencies, 0.5), 'ms', '<= 0.5');
  report('append, 1 client: p99', percentile(single.latencies, 0.99), 'ms');
  report('append, 1 client', single.perSecond, 'events/s');
  const many = await repeat((worker, n) => append(`bench-${run}-many-${worker}`, [event(n)]), 64);
  report('append, 64 concurrent', many.perSecond, 'events/s', '>= 12,000');
  report('append, 64 concurrent: p99', percentile(many.latencies, 0.99), 'ms');
  const batches = await repeat((worker) => append(`bench-${run}-batch-${worker}`, events(100)), 4);
  report('append, batches of 100', batches.perSecond * 100, 'events/s', '>= 40,000');
}

async function reads(client) {
  const stream = `bench-${run}-read`;
  const total = Number(options['read-events']);
  for (let n = 0; n < total; n += 1000) await client.appendToStream(stream, events(1000), { streamState: 'any' });
  for (const round of [1, 2]) {
    const start = performance.now();
    let count = 0;
    for await (const resolved of client.readStream(stream)) if (resolved.event) count++;
    if (count !== total) throw new Error(`read ${count} of ${total} events`);
    if (round === 2) report('read forwards', (total / (performance.now() - start)) * 1000, 'events/s', '>= 100,000');
  }
  const last = await repeat(async () => {
    for await (const resolved of client.readStream(stream, {
      direction: 'backwards',
      fromRevision: 'end',
      maxCount: 1,
    }))
      if (!resolved.event) throw new Error('no event');
  });
  report('read of the last event: p50', percentile(last.latencies, 0.5), 'ms');
}

async function subscriptions(client) {
  const stream = `bench-${run}-subscription`;
  const subscription = client.subscribeToStream(stream, { fromRevision: 'start' });
  const sentAt = new Map();
  const latencies = [];
  const done = new Promise((resolve, reject) => {
    subscription.on('error', reject);
    subscription.on('data', ({ event: received }) => {
      if (!received) return;
      latencies.push(performance.now() - sentAt.get(received.id));
      if (latencies.length === sentAt.size && sentAt.size === 1000) resolve();
    });
  });
  await new Promise((resolve) => subscription.once('caughtUp', resolve));
  for (let n = 0; n < 1000; n++) {
    const sent = event(n);
    sentAt.set(sent.id, performance.now());
    await client.appendToStream(stream, [sent], { streamState: 'any' });
  }
  await done;
  await subscription.unsubscribe();
  latencies.sort((a, b) => a - b);
  report('subscription, append to delivery: p50', percentile(latencies, 0.5), 'ms');
  report('subscription, append to delivery: p99', percentile(latencies, 0.99), 'ms');
}

// ---------------------------------------------------------------- the server

const residentMegabytes = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

async function startServer(directory) {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [options.server, '--port', '0', '--data', directory, ...(options.insecure ? ['--insecure'] : [])],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const line = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code}`)));
    child.stdout.once('data', (chunk) => resolve(String(chunk).trim()));
  });
  return { child, connectionString: line, readyMs: performance.now() - started };
}

async function stopServer({ child }) {
  child.removeAllListeners('exit');
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

async function measureStart(directory) {
  await stopServer(await startServer(directory)); // makes certificates and users
  const times = [];
  for (let n = 0; n < 5; n++) {
    const server = await startServer(directory);
    times.push(server.readyMs);
    if (n === 4) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      report('resident memory, idle (whole process)', residentMegabytes(server.child.pid), 'MB', '< 120');
    }
    await stopServer(server);
  }
  report('ready after start (whole process)', times.sort((a, b) => a - b)[2], 'ms', '< 300');
}

async function measureDisk(directory, client) {
  const file = join(directory, 'store.mdb');
  const before = statSync(file).size;
  for (let n = 0; n < 100; n++)
    await client.appendToStream(`bench-${run}-disk-${n % 10}`, events(500), { streamState: 'any' });
  report('disk, per event of 77 bytes of data', (statSync(file).size - before) / 50_000, 'bytes');
}

const wanted = (name) => options.only === undefined || name.includes(options.only);
const directory = options.connection === undefined ? mkdtempSync(join(tmpdir(), 'bench-embedded-')) : undefined;
let server;
try {
  if (directory !== undefined && wanted('start')) await measureStart(directory);
  server = directory === undefined ? undefined : await startServer(directory);
  const client = KurrentDBClient.connectionString(options.connection ?? server.connectionString);
  if (directory !== undefined && wanted('disk')) await measureDisk(directory, client);
  if (wanted('appends')) await appends(client);
  if (wanted('reads')) await reads(client);
  if (wanted('subscriptions')) await subscriptions(client);
  if (server !== undefined) report('resident memory, after the load', residentMegabytes(server.child.pid), 'MB');
  await client.dispose();
} finally {
  if (server !== undefined) await stopServer(server);
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
