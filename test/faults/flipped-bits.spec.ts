import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { withDeadline } from '../../src/common/wait.js';
import { collect, counted, countedUpTo, numbers } from '../support/embedded-client.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { seededRandom } from '../support/seeded-random.js';

/** With those of the other spec more than 500, in at most six minutes each. */
const FLIPS = Number(process.env.FLIPS ?? 250);
/** Servers that run at the same time. */
const AT_ONCE = 2;
const STREAMS = 20;
const WRITES = 3;
/** Time to read everything. */
const READ_TIMEOUT_MS = 20_000;
const MAINTENANCE = resolve(__dirname, '../../dist/embedded-kurrentdb/storage/maintenance.process.js');
const random = seededRandom();

const names = Array.from({ length: STREAMS }, (_, n) => `flip-${n}`);
const startServer = (directory: string): Promise<KurrentDBServer> =>
  KurrentDBServer.start('--data', directory, '--insecure', '--port', '0');

/** What a client reads: the numbers of each stream, and of the log; or that it fails. */
async function contentOf(server: KurrentDBServer): Promise<string[]> {
  const client = KurrentDBClient.connectionString(server.connectionString);
  try {
    const found: string[] = [];
    for (const name of [...names, '$ce-flip'])
      found.push(
        await collect(client.readStream(name, { resolveLinkTos: false })).then(
          (events) => (name.startsWith('$') ? String(events.length) : numbers(events).join()),
          (error: Error) => (/not found|deleted/i.test(error.message) ? 'no stream' : 'failed'),
        ),
      );
    found.push(
      await collect(client.readAll()).then(
        (events) => String(events.filter(({ event }) => event?.streamId.startsWith('flip-')).length),
        () => 'failed',
      ),
    );
    return found;
  } finally {
    await client.dispose();
  }
}

interface Flip {
  readonly at: number;
  readonly bit: number;
}

interface Trial {
  readonly outcome: 'same' | 'failed' | 'refused' | undefined;
  /** How often the server ended by itself. */
  readonly ended: number;
  readonly wrong: readonly string[];
}

/** Starts a server on a damaged store until it does not end by itself: reads everything, writes, and stops. */
async function tryStore(directory: string, expected: readonly string[]): Promise<Trial> {
  for (let ended = 0; ended < 2; ended++) {
    const server = await startServer(directory).catch((error: Error) => error);
    if (server instanceof Error) {
      if (/is damaged/.test(server.message)) return { outcome: 'refused', ended, wrong: [] };
      continue;
    }
    const found = await withDeadline(contentOf(server), READ_TIMEOUT_MS, () => new Error('no answer')).catch(
      () => undefined,
    );
    if (found === undefined) {
      await server.kill('SIGKILL');
      return { outcome: undefined, ended, wrong: [`it does not answer within ${READ_TIMEOUT_MS} ms`] };
    }
    const wrong = found.flatMap((content, index) =>
      content === 'failed' || content === expected[index]
        ? []
        : [`${names[index] ?? index} is ${content} instead of ${expected[index]}`],
    );
    await write(server);
    const hasCrashed = !server.isRunning || (await stop(server));
    if (wrong.length > 0 || !hasCrashed)
      return {
        outcome: found.join() === expected.join() ? 'same' : 'failed',
        ended: ended + Number(hasCrashed),
        wrong,
      };
  }
  return { outcome: undefined, ended: 2, wrong: ['the server ended at its second start too'] };
}

/** Appends to another stream: that may fail, but must not end the server at each start. */
async function write(server: KurrentDBServer): Promise<void> {
  const client = KurrentDBClient.connectionString(server.connectionString);
  for (let n = 0; n < WRITES && server.isRunning; n++)
    await client.appendToStream('written', counted(n), { deadline: 2_000 }).catch(() => undefined);
  await client.dispose();
}

/** @returns whether the server crashed */
async function stop(server: KurrentDBServer): Promise<boolean> {
  await server.kill('SIGTERM');
  return server.endedBy !== undefined;
}

describe('the embedded server with a flipped bit in its store', () => {
  it(
    `answers nothing wrong in ${FLIPS} stores, and does not end at every start`,
    async () => {
      const root = mkdtempSync(join(tmpdir(), 'flipped-bits-'));
      const original = join(root, 'original');
      const server = await startServer(original);
      const client = KurrentDBClient.connectionString(server.connectionString);
      for (const [n, name] of names.entries()) await client.appendToStream(name, countedUpTo(20 + n));
      await client.setStreamMetadata(names[0] ?? '', { maxCount: 5 });
      for (const name of names) await client.appendToStream(name, counted(1_000));
      const expected = await contentOf(server);
      expect(expected).not.toContain('failed');
      await client.dispose();
      await server.kill('SIGTERM');
      const store = readFileSync(join(original, 'store.mdb'));

      const flips: Flip[] = Array.from({ length: FLIPS }, () => ({
        at: Math.floor(random() * store.length),
        bit: Math.floor(random() * 8),
      }));
      const wrong: string[] = [];
      const outcomes = { same: 0, failed: 0, refused: 0, ended: 0 };
      const trySome = async (worker: number): Promise<void> => {
        for (let flip = flips.pop(); flip !== undefined; flip = flips.pop()) {
          const { at, bit } = flip;
          const directory = join(root, `damaged-${worker}`);
          cpSync(original, directory, { recursive: true });
          const bytes = Buffer.from(store);
          bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
          writeFileSync(join(directory, 'store.mdb'), bytes);
          const trial = await tryStore(directory, expected);
          if (trial.outcome !== undefined) outcomes[trial.outcome]++;
          outcomes.ended += trial.ended;
          wrong.push(...trial.wrong.map((text) => `byte ${at}, bit ${bit}: ${text}`));
          rmSync(directory, { recursive: true });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => trySome(worker)));
      process.stdout.write(`${JSON.stringify(outcomes)}\n`);
      rmSync(root, { recursive: true });
      expect(wrong).toEqual([]);
    },
    FLIPS * 5_000,
  );

  it('salvages the events that can be read', async () => {
    const root = mkdtempSync(join(tmpdir(), 'salvage-'));
    const [directory, salvaged] = [join(root, 'kurrentdb'), join(root, 'kurrentdb-salvaged')];
    const server = await startServer(directory);
    const client = KurrentDBClient.connectionString(server.connectionString);
    for (const name of names) await client.appendToStream(name, countedUpTo(20));
    await client.dispose();
    await server.kill();
    const path = join(directory, 'store.mdb');
    const bytes = readFileSync(path);
    for (let at = bytes.indexOf('flip-7\x18\x03'); at >= 0; at = bytes.indexOf('flip-7\x18\x03', at + 1))
      bytes.writeUInt8(bytes.readUInt8(at + 60) ^ 1, at + 60);
    writeFileSync(path, bytes);
    const run = async (...args: string[]): Promise<string> => {
      const child = spawn(process.execPath, [MAINTENANCE, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      await once(child, 'close');
      return output;
    };
    expect(await run('verify', directory)).toMatch(/^\$all@\d+: the stored data are damaged \(wrong checksum\)\n$/);
    expect(await run('salvage', directory, salvaged)).toMatch(/copied \d+ events to .*, 1 could not be read/);
    expect(await run('verify', salvaged)).toBe('');
    const again = await startServer(salvaged);
    const reader = KurrentDBClient.connectionString(again.connectionString);
    expect(numbers(await collect(reader.readStream('flip-7')))).toHaveLength(19);
    expect(numbers(await collect(reader.readStream('flip-8')))).toHaveLength(20);
    expect((await reader.appendToStream('flip-7', counted(99))).nextExpectedRevision).toBe(20n);
    await reader.dispose();
    await again.kill();
    rmSync(root, { recursive: true });
  }, 60_000);
});
