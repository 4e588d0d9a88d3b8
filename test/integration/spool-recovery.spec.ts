import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { seededRandom } from '../support/seeded-random.js';

const SPOOL = resolve(__dirname, '../../dist/uptime/probing/lmdb-spool.js');
const READ_SPOOL = resolve(__dirname, '../../dist/uptime/probing/read-spool.process.js');
const SAMPLES = 300;
const FLIPS = 8;
const random = seededRandom();

interface Opened {
  readonly samples: readonly { readonly at: number; readonly responseMicros: number }[];
  readonly predecessor: string | undefined;
}

/** Runs a module that has opened the spool as `spool`, in a process of its own. */
function withSpool(directory: string, code: string): ReturnType<typeof spawnSync> {
  const script = `const { LmdbSpool } = await import(${JSON.stringify(SPOOL)});
    const spool = new LmdbSpool(${JSON.stringify(directory)}, 1e8, 'holder'); ${code}`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
}

const WRITE = `for (let at = 1; at <= ${SAMPLES}; at++) spool.add('s' + at % 3, { at, responseMicros: at * 7, status: 'up' });
  spool.setValidUntil(5);`;
const KILLED = `${WRITE} setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300);`;
const CLOSED = `${WRITE} await spool.close();`;
const READ = `const samples = spool.services().flatMap((name) => spool.samples(name, 1000));
  console.log('\\n' + JSON.stringify({ samples, predecessor: spool.predecessor })); await spool.close();`;

describe('a spool', () => {
  let root: string;
  let directory: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'spool-recovery-'));
    directory = join(root, 'uptime-spool');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const read = (): { readonly opened: Opened; readonly log: string } => {
    const { stdout, stderr, status } = withSpool(directory, READ);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const output = String(stdout);
    return { opened: JSON.parse(output.trim().split('\n').at(-1) ?? '') as Opened, log: output };
  };

  it('keeps all samples of a process that was killed, and sets its file aside', () => {
    expect(withSpool(directory, KILLED).signal).toBe('SIGKILL');
    const { opened, log } = read();
    expect(opened.samples.map(({ at }) => at).sort((a, b) => a - b)).toEqual(
      Array.from({ length: SAMPLES }, (_, index) => index + 1),
    );
    expect(opened.predecessor).toBe('holder');
    expect(log).toContain(`${SAMPLES} samples are kept, 0 are lost; what was there is kept in ${directory}-damaged`);
    expect(existsSync(`${directory}-damaged/data.mdb`)).toBe(true);
    expect(read().log).not.toContain('recreated');
  });

  it('keeps all samples if the process that recovers them is killed too', () => {
    withSpool(directory, KILLED);
    const rows = execFileSync(process.execPath, [READ_SPOOL, directory]);
    // As after the old tables were set aside, and before there are new ones.
    writeFileSync(`${directory}-recovered`, rows);
    rmSync(join(directory, 'data.mdb'));
    const { opened, log } = read();
    expect(opened.samples).toHaveLength(SAMPLES);
    expect(opened.predecessor).toBe('holder');
    expect(log).toContain(`the last process ended while it recreated them; they were recreated: ${SAMPLES} samples`);
    expect(existsSync(`${directory}-recovered`)).toBe(false);
    expect(read().opened.samples).toHaveLength(SAMPLES);
  });

  it.each([
    ['was closed', CLOSED],
    ['was killed', KILLED],
  ])(
    'has no sample that was not written, whatever bit flipped after it %s',
    (_, end) => {
      withSpool(directory, end);
      execFileSync('cp', ['-a', directory, join(root, 'original')]);
      const bytes = readFileSync(join(directory, 'data.mdb'));
      for (let flip = 0; flip < FLIPS; flip++) {
        rmSync(directory, { recursive: true });
        execFileSync('cp', ['-a', join(root, 'original'), directory]);
        const at = Math.floor(random() * bytes.length);
        const flipped = Buffer.from(bytes);
        flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
        writeFileSync(join(directory, 'data.mdb'), flipped);
        for (const { at: written, responseMicros } of read().opened.samples) expect(responseMicros).toBe(written * 7);
        expect(withSpool(directory, READ).status).toBe(0);
      }
    },
    120_000,
  );
});
