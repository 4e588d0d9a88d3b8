import { type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { withDeadline } from '../../src/common/wait.js';

const START_TIMEOUT_MS = 20_000;

/**
 * Waits until a process prints a line that matches.
 *
 * @param output receives every line of stdout and stderr, also those after the match
 * @returns the first group of the match, or all of it
 * @throws Error with the output if the process exits first, or does not print such a line in time and is killed
 */
export async function untilPrinted(
  name: string,
  child: ChildProcess,
  pattern: RegExp,
  output: string[],
): Promise<string> {
  const failure = (problem: string): Error => new Error(`${name} ${problem}:\n${output.join('\n')}`);
  const printed = new Promise<string>((resolve, reject) => {
    for (const input of [child.stdout, child.stderr])
      if (input)
        createInterface({ input }).on('line', (line) => {
          output.push(line);
          const match = pattern.exec(line);
          if (match) resolve(match[1] ?? match[0]);
        });
    child.once('exit', (code, signal) => reject(failure(`exited with ${signal ?? code} before it was started`)));
  });
  return withDeadline(printed, START_TIMEOUT_MS, () => {
    child.kill('SIGKILL');
    return failure(`did not start within ${START_TIMEOUT_MS} ms`);
  });
}

/** The lines that are not of the log: not JSON, or without a message. */
export function linesOutsideLog(output: readonly string[]): readonly string[] {
  return output.filter((line) => {
    try {
      return typeof (JSON.parse(line) as { msg?: unknown }).msg !== 'string';
    } catch {
      return true;
    }
  });
}
