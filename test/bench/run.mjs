// npm run bench: every benchmark, one after the other, each in a process of its own.
//   npm run bench -- rest        only those whose name contains "rest"
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const BENCHMARKS = [
  'embedded/bench.mjs',
  'rest-append.mjs',
  'rest-without-http.mjs',
  'many-users.mjs',
  'probing.mjs',
  'uptime-history.mjs',
];

const [wanted = ''] = process.argv.slice(2);
let failed = false;
for (const benchmark of BENCHMARKS.filter((name) => name.includes(wanted))) {
  console.log(`\n== ${benchmark}`);
  failed =
    spawnSync(process.execPath, [resolve(import.meta.dirname, benchmark)], { stdio: 'inherit' }).status !== 0 || failed;
}
process.exitCode = failed ? 1 : 0;
