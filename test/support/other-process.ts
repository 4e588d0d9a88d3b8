import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { until } from './eventually.js';

/** Runs a test beside a live process, which is killed afterwards. */
export async function whileRunning(test: (pid: number) => void): Promise<void> {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1_000)'], { stdio: 'ignore' });
  await once(other, 'spawn');
  await endAfter(other, () => test(other.pid ?? NaN));
}

/** Runs a test while a process is a zombie: it has ended, but its parent does not read its exit code. */
export async function whileZombie(test: (pid: number) => void): Promise<void> {
  const parent = spawn('sh', ['-c', 'sleep 1 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [output] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(output.toString());
  await endAfter(parent, async () => {
    await until(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
    test(pid);
  });
}

/**
 * Holds the lock of a directory whose path is in `$DIRECTORY`, as a process of this service does, until it is killed.
 */
const HOLD = `exec 9<>"$DIRECTORY/in-use"; flock -x 9; printf '{"pid":%s,"host":"%s"}' $$ "$(hostname)" >&9; echo $$; exec sleep 600`;

/**
 * Runs a test while another process uses a directory; it is killed afterwards.
 *
 * @param wrapper command that runs the process, such as one that gives it namespaces of its own
 * @param test gets the process id that the process has for itself
 */
export async function whileUsed(
  directory: string,
  test: (pid: number) => void,
  wrapper: readonly string[] = [],
): Promise<void> {
  const [command = 'sh', ...args] = [...wrapper, 'sh', '-c', HOLD];
  const other = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DIRECTORY: directory },
  });
  const [output] = (await once(other.stdout, 'data')) as [Buffer];
  await endAfter(other, () => test(Number(output.toString())));
}

async function endAfter(child: ChildProcess, test: () => void | Promise<void>): Promise<void> {
  try {
    await test();
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
