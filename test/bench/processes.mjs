import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = resolve(import.meta.dirname, '../..');
const CLOCK_TICK_MS = 10;

/**
 * Starts a built script and waits until a line of its output matches.
 *
 * @returns `found`: the match's first group, or all of it; `stop()`: SIGTERM, resolving at the end
 */
export async function startProcess(script, args, environment, pattern) {
  const child = spawn(process.execPath, [resolve(root, script), ...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const found = await new Promise((done, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = pattern.exec(line);
      if (match) done(match[1] ?? match[0]);
    });
    child.once('exit', (code) => fail(new Error(`${script} ended with ${code}`)));
  });
  return {
    found,
    pid: child.pid,
    async stop() {
      if (child.exitCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Seconds of processor time that a process has used so far, or its one thread of JavaScript alone. */
export function cpuOf(pid, { ofJavaScript = false } = {}) {
  const stat = readFileSync(`/proc/${pid}${ofJavaScript ? `/task/${pid}` : ''}/stat`, 'utf8');
  // User and system time; counted behind the command, which may hold blanks.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return ((Number(user) + Number(system)) * CLOCK_TICK_MS) / 1_000;
}

/**
 * Waits until a service is ready.
 *
 * @returns milliseconds that it took
 */
export async function untilReady(url, withinMs = 60_000) {
  const start = performance.now();
  for (;;) {
    if ((await fetch(`${url}/readyz`)).ok) return performance.now() - start;
    if (performance.now() - start > withinMs) throw new Error('The service did not become ready');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
