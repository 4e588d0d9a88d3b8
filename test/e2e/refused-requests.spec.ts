import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

interface Measured {
  readonly name: string;
  readonly refused: number;
  readonly slowest: { readonly ms: number; readonly input: string };
}

const SCRIPT = resolve(__dirname, '../support/refused-requests.mjs');
/** The aim is 10 ms; this leaves room for a slow machine, and is far below what a check that is not linear takes. */
const MAX_MS = 40;

describe('a request that is refused', () => {
  it('takes at most some milliseconds of the thread, whatever it holds', async () => {
    const child = spawn(process.execPath, [SCRIPT], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    expect(await once(child, 'close')).toEqual([0, null]);
    const measured = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Measured);
    expect(measured).toHaveLength(24);
    expect(measured.filter(({ refused }) => refused < 10)).toEqual([]);
    expect(measured.filter(({ slowest }) => slowest.ms > MAX_MS)).toEqual([]);
  }, 300_000);
});
