// Runs one benchmark alternately in two built checkouts and prints the medians of every number, with their ratio.
//   node test/bench/compare.mjs --before ../before --after . --rounds 3 -- rest-without-http.mjs
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    before: { type: 'string' },
    after: { type: 'string', default: '.' },
    rounds: { type: 'string', default: '3' },
  },
});
const [benchmark, ...args] = positionals;
if (values.before === undefined || benchmark === undefined)
  throw new Error('Usage: compare.mjs --before DIR [--after DIR] [--rounds N] -- BENCHMARK [ARGS]');

/** The numbers of each line, keyed by the line without them and their place in it. */
function numbersOf(output) {
  return output.split('\n').flatMap((line) => {
    const label = line
      .replace(/\d[\d,]*(\.\d+)?/g, '#')
      .replace(/\s+/g, ' ')
      .trim();
    return [...line.matchAll(/\d[\d,]*(\.\d+)?/g)].map(([number], index) => [
      `${label} [${index + 1}]`,
      Number(number.replaceAll(',', '')),
    ]);
  });
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

const runs = { before: new Map(), after: new Map() };
for (let round = 0; round < Number(values.rounds); round++)
  for (const side of round % 2 === 0 ? ['before', 'after'] : ['after', 'before']) {
    const path = resolve(values[side], 'test/bench', benchmark);
    const { stdout, status } = spawnSync(process.execPath, [path, ...args], {
      cwd: resolve(values[side]),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(`${path} ended with ${status}`);
    const seen = new Map();
    for (const [label, number] of numbersOf(stdout)) {
      const nth = (seen.get(label) ?? 0) + 1;
      seen.set(label, nth);
      const key = nth === 1 ? label : `${label} (${nth})`;
      runs[side].set(key, [...(runs[side].get(key) ?? []), number]);
    }
    console.error(`round ${round + 1}, ${side}: done`);
  }

for (const [label, numbers] of runs.before) {
  const after = runs.after.get(label);
  if (after === undefined) continue;
  const [old, now] = [median(numbers), median(after)];
  console.log(`${old}\t${now}\t${old === 0 ? '-' : (now / old).toFixed(3)}\t${label}`);
}
