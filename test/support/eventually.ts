import { inspect } from 'node:util';
import { sleep } from '../../src/common/wait.js';

export { sleep };

const INTERVAL_MS = 10;

/**
 * Reads a value repeatedly until it is as expected.
 *
 * @returns that value
 * @throws what `read` throws, and after `timeoutMs` an Error with the last value
 */
export async function eventually<Value>(
  read: () => Value | Promise<Value>,
  isExpected: (value: Value) => boolean,
  timeoutMs = 15_000,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (isExpected(value)) return value;
    if (performance.now() > deadline)
      throw new Error(`Not as expected after ${timeoutMs} ms: ${String(isExpected)}\nLast value: ${inspect(value)}`);
    await sleep(INTERVAL_MS);
  }
}

/**
 * {@link eventually} for a condition.
 *
 * @param what names the condition in the error
 * @throws Error if it is not true after `withinMs`
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = String(condition),
  { withinMs = 10_000, everyMs = INTERVAL_MS }: { readonly withinMs?: number; readonly everyMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Not true after ${withinMs} ms: ${what}`);
    await sleep(everyMs);
  }
}

/** Repeats a check with expectations until it passes. @throws the error of the last one after `withinMs` */
export async function untilPasses(check: () => Promise<void>, withinMs = 10_000): Promise<void> {
  let failure: unknown;
  const passes = (): Promise<boolean> =>
    check().then(
      () => true,
      (error: unknown) => {
        failure = error;
        return false;
      },
    );
  await until(passes, undefined, { withinMs }).catch((error: unknown) => {
    throw failure ?? error;
  });
}
