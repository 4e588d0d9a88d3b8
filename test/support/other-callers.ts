import { type ApiCaller } from './api-caller.js';
import { sleep } from './eventually.js';

/** Below this, the p99 of others is not a matter of the attack on a busy machine. */
export const UNDISTURBED_MS = 250;

/** What another caller experiences, in milliseconds. */
interface Experience {
  /** The slowest `/livez`. */
  readonly livez: number;
  /** Of reads. */
  readonly p99: number;
}

/** Measures a caller's `/livez` and reads of a path until the attack is over, and at least a hundred times. */
export async function experienceOf(
  caller: ApiCaller,
  path: string,
  isAttacked: () => boolean = () => false,
): Promise<Experience> {
  const livez: number[] = [];
  const reads: number[] = [];
  const time = async (durations: number[], requested: string): Promise<void> => {
    const start = performance.now();
    expect((await caller.get(requested)).status).toBe(200);
    durations.push(performance.now() - start);
  };
  while (isAttacked() || reads.length < 100) {
    await time(livez, '/livez');
    await time(reads, path);
    await sleep(10);
  }
  return { livez: Math.max(...livez), p99: reads.sort((a, b) => a - b)[Math.floor(reads.length * 0.99)] ?? 0 };
}

/** Measures until the attack has settled. @returns its result */
export async function withOthers<Result>(
  attack: Promise<Result>,
  caller: ApiCaller,
  path: string,
): Promise<{ readonly result: Result; readonly others: Experience }> {
  let isAttacked = true;
  const [result, others] = await Promise.all([
    attack.finally(() => (isAttacked = false)),
    experienceOf(caller, path, () => isAttacked),
  ]);
  return { result, others };
}

/** Expects that others have hardly noticed an attack. @param quiet their experience before it */
export function expectUndisturbed(others: Experience, quiet: Experience): void {
  expect(others.livez).toBeLessThan(1_000);
  expect(others.p99).toBeLessThan(Math.max(2 * quiet.p99, UNDISTURBED_MS));
}
