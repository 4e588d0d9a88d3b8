import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { collect, counted, countedUpTo, numbers } from '../support/embedded-client.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { seededRandom } from '../support/seeded-random.js';

const FLIPS = Number(process.env.FLIPS ?? 500);
const STREAMS = 20;
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
      await client.dispose();
      await server.kill();
      const store = readFileSync(join(original, 'store.mdb'));

      const wrong: string[] = [];
      const outcomes = { same: 0, failed: 0, refused: 0, ended: 0 };
      for (let flip = 0; flip < FLIPS; flip++) {
        const directory = join(root, 'damaged');
        cpSync(original, directory, { recursive: true });
        const bytes = Buffer.from(store);
        const at = Math.floor(random() * bytes.length);
        const bit = Math.floor(random() * 8);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        writeFileSync(join(directory, 'store.mdb'), bytes);
        for (let start = 0, hasEnded = true; hasEnded; start++) {
          hasEnded = false;
          const damaged = await startServer(directory).catch((error: Error) => error);
          if (damaged instanceof Error) {
            if (/is damaged/.test(damaged.message)) outcomes.refused++;
            else hasEnded = true;
          } else {
            const found = await contentOf(damaged);
            hasEnded = !damaged.isRunning;
            if (!hasEnded && found.join() === expected.join()) outcomes.same++;
            else if (!hasEnded) outcomes.failed++;
            for (const [index, content] of found.entries())
              if (content !== 'failed' && content !== expected[index])
                wrong.push(
                  `byte ${at}, bit ${bit}: ${names[index] ?? index} is ${content} instead of ${expected[index]}`,
                );
            await damaged.kill('SIGKILL');
          }
          if (hasEnded) outcomes.ended++;
          if (hasEnded && start > 0) {
            wrong.push(`byte ${at}, bit ${bit}: ended at start ${start + 1}`);
            break;
          }
        }
        rmSync(directory, { recursive: true });
      }
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
