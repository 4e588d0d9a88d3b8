import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiCaller } from '../support/api-caller.js';
import { eventually } from '../support/eventually.js';
import { makeDataDir, ready, ServiceProcess } from '../support/service-process.js';
import { seededRandom } from '../support/seeded-random.js';
import { AUTH } from '../support/tokens.js';

/** With those of the other spec more than 500, in at most six minutes each. */
const FLIPS = Number(process.env.FLIPS ?? 250);
const STREAMS = 5;
const HEAL_MS = 30_000;
/** What the store lost, nothing can heal. */
const STORE_HEAL_MS = 3_000;
const random = seededRandom();
const streams = Array.from({ length: STREAMS }, (_, n) => `/api/users/alice/streams/activity/flip-${n}`);

const startOn = (dataDir: string): Promise<ServiceProcess> => ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH });

/** What the service answers: state, history and list of the streams. */
async function answersOf(service: ServiceProcess): Promise<string[]> {
  const alice = await ApiCaller.of(() => service.url, 'alice');
  const paths = ['/api/users/alice/streams', ...streams.flatMap((path) => [path, `${path}/history`])];
  const answers: string[] = [];
  for (const path of paths) {
    const { status, text } = await alice.get(path);
    answers.push(status >= 500 ? 'failed' : `${status} ${text}`);
  }
  return answers;
}

/** Files that are damaged: all but LMDB's lock files, which each start writes. */
function filesOf(dataDir: string): string[] {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/lock/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name));
}

function flip(path: string): string {
  const bytes = readFileSync(path);
  if (bytes.length === 0) return '';
  const at = Math.floor(random() * bytes.length);
  const bit = Math.floor(random() * 8);
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
  writeFileSync(path, bytes);
  return `${path}: byte ${at}, bit ${bit}`;
}

describe('the service with a flipped bit in each of several files', () => {
  it(
    `answers nothing wrong after ${FLIPS} flips, ends at no second start, and heals what the store has`,
    async () => {
      const root = mkdtempSync(join(tmpdir(), 'flipped-files-'));
      const original = makeDataDir();
      let service = await ready(await startOn(original));
      const alice = await ApiCaller.of(() => service.url, 'alice');
      for (const path of streams) {
        expect((await alice.put(path, { data: { details: { first: path } } })).status).toBe(201);
        for (let value = 0; value < 5; value++)
          expect((await alice.patch(path, { data: { details: { value } } })).status).toBe(200);
      }
      const expected = await answersOf(service);
      expect(expected).not.toContain('failed');
      const copies = { killed: join(root, 'killed'), stopped: join(root, 'stopped') };
      await service.kill('SIGKILL');
      cpSync(original, copies.killed, { recursive: true });
      service = await ready(await startOn(original));
      expect(await service.stop()).toBe(0);
      cpSync(original, copies.stopped, { recursive: true });

      const wrong: string[] = [];
      const outcomes = { flips: 0, rounds: 0, same: 0, failed: 0, ended: 0 };
      for (; outcomes.flips < FLIPS; outcomes.rounds++) {
        const dataDir = join(root, 'damaged');
        cpSync(outcomes.rounds % 2 === 0 ? copies.killed : copies.stopped, dataDir, { recursive: true });
        // Each third round the store alone.
        const isStore = outcomes.rounds % 3 === 2;
        const flips = filesOf(dataDir)
          .filter((path) => path.endsWith('store.mdb') === isStore)
          .map(flip)
          .filter((text) => text !== '');
        outcomes.flips += flips.length;
        const { answers, ended } = await tryService(dataDir, isStore);
        outcomes.ended += ended;
        if (answers === undefined) wrong.push(`ended at the second start too: ${flips.join('; ')}`);
        for (const [index, answer] of (answers ?? []).entries())
          if (answer === expected[index]) outcomes.same++;
          else if (answer === 'failed' && isStore) outcomes.failed++;
          else wrong.push(`${answer} instead of ${expected[index] ?? ''}: ${flips.join('; ')}`);
        rmSync(dataDir, { recursive: true });
      }
      process.stdout.write(`${JSON.stringify(outcomes)}\n`);
      rmSync(root, { recursive: true });
      rmSync(original, { recursive: true });
      expect(wrong).toEqual([]);
    },
    FLIPS * 3_000 + 60_000,
  );
});

/**
 * Starts the service until it does not end by itself, twice at most.
 *
 * @returns its answers once it is ready, or does not become so; undefined if it ended each time
 */
async function tryService(
  dataDir: string,
  isStore: boolean,
): Promise<{ readonly answers: string[] | undefined; readonly ended: number }> {
  for (let ended = 0; ended < 2; ended++) {
    const service = await startOn(dataDir).catch(() => undefined);
    if (service === undefined) continue;
    const answers = await answersOnceReady(service, isStore ? STORE_HEAL_MS : HEAL_MS);
    const hasEnded = service.hasExited;
    await service.kill('SIGKILL');
    if (!hasEnded) return { answers, ended };
  }
  return { answers: undefined, ended: 2 };
}

async function answersOnceReady(service: ServiceProcess, withinMs: number): Promise<string[] | undefined> {
  try {
    await eventually(
      async () => service.hasExited || (await service.get('/readyz')).status === 200,
      (isDone) => isDone,
      withinMs,
    ).catch(() => undefined); // then its answers tell
    return await answersOf(service);
  } catch (error) {
    if (service.hasExited) return undefined;
    throw error;
  }
}
