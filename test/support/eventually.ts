import { sleep } from '../../src/common/wait.js';

export { sleep };

export interface EventuallyOptions {
  readonly withinMs?: number;
  readonly everyMs?: number;
}

/**
 * Repeats a check until it passes: it may contain expectations, and be asynchronous. For a condition, see {@link until}.
 *
 * @returns the value of the check that passed
 * @throws the error of the last check, with the time limit in its message, after `withinMs`
 */
export async function eventually<Value>(
  check: () => Value | Promise<Value>,
  { withinMs = 10_000, everyMs = 20 }: EventuallyOptions = {},
): Promise<Value> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) {
        if (error instanceof Error) error.message += `\n\nStill so after ${withinMs} ms`;
        throw error;
      }
    }
    await sleep(everyMs);
  }
}

/** {@link eventually} for a condition. @throws Error that names the condition, if it is not true within `withinMs` */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  options?: EventuallyOptions,
): Promise<void> {
  await eventually(async () => {
    if (!(await condition())) throw new Error(`Not true: ${what}`);
  }, options);
}
