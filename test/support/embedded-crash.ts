import { type KurrentDBClient as Client, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import { sleep } from './eventually.js';
import { collect, counted } from './embedded-client.js';
import { KurrentDBServer } from './kurrentdb-server.js';

const WRITERS = 8;

/** The appends of one writer, in order, and how many were acknowledged. */
interface Writer {
  readonly stream: string;
  readonly sent: (readonly string[])[];
  acknowledged: number;
}

const startServer = (directory: string): Promise<KurrentDBServer> =>
  KurrentDBServer.start('--data', directory, '--insecure', '--port', '0');

/** Appends one, two or three events at a time until the server is gone. */
async function write(client: Client, writer: Writer): Promise<void> {
  for (let n = 0; ; n++) {
    const events = Array.from({ length: 1 + (n % 3) }, () => counted(n));
    writer.sent.push(events.map(({ id }) => id));
    try {
      await client.appendToStream(writer.stream, events);
    } catch {
      return; // not acknowledged: written completely, or not at all
    }
    writer.acknowledged = writer.sent.length;
  }
}

/**
 * Kills the server with SIGKILL while several clients write, restarts it on the same directory and checks its content.
 * Returns the violations.
 */
export async function crashRound(directory: string, killAfterMs: number): Promise<string[]> {
  const server = await startServer(directory);
  const client = KurrentDBClient.connectionString(server.connectionString);
  const writers = Array.from({ length: WRITERS }, (): Writer => ({
    stream: `crash-${randomUUID()}`,
    sent: [],
    acknowledged: 0,
  }));
  const writing = writers.map((writer) => write(client, writer));
  await sleep(killAfterMs);
  await server.kill('SIGKILL');
  await Promise.all(writing);
  await client.dispose();

  const restarted = await startServer(directory);
  const reader = KurrentDBClient.connectionString(restarted.connectionString);
  try {
    const problems: string[] = [];
    for (const writer of writers) problems.push(...(await inspect(reader, writer)));
    return problems;
  } finally {
    await reader.dispose();
    await restarted.kill();
  }
}

async function inspect(client: Client, { stream, sent, acknowledged }: Writer): Promise<string[]> {
  const problems: string[] = [];
  const readIds = (): Promise<string[]> =>
    collect(client.readStream(stream)).then(
      (events) => events.map(({ event }) => event?.id ?? ''),
      () => [],
    );
  const ids = await readIds();
  const whole = [sent.slice(0, acknowledged), sent.slice(0, acknowledged + 1)].map((appends) => appends.flat());
  if (!whole.some((expected) => expected.join() === ids.join())) {
    problems.push(
      `${stream}: ${acknowledged} of ${sent.length} appends were acknowledged (${whole[0]?.length} events), and ${ids.length} events are there`,
    );
  }
  // The last append is retried, as a client would: it must not be written twice.
  const last = sent[sent.length - 1] ?? [];
  if (last.length > 0)
    await client.appendToStream(
      stream,
      last.map((id) => counted(0, id)),
    );
  const retried = await readIds();
  if (new Set(retried).size !== retried.length) problems.push(`${stream}: a retry after the crash was written twice`);
  return problems;
}
