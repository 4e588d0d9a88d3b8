/** Resolves after `ms`, or as soon as the signal is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/**
 * Waits for a promise, but no longer than `ms`.
 *
 * @returns whether it was fulfilled in time
 * @throws what the promise rejects with in time; a later rejection is ignored
 */
export function settleWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  return race(
    promise.then(() => true),
    ms,
    () => false,
  );
}

/**
 * The value of a promise that is fulfilled within `ms`.
 *
 * @throws what the promise rejects with, or `lateError()` after `ms`
 */
export function withDeadline<Value>(promise: Promise<Value>, ms: number, lateError: () => Error): Promise<Value> {
  return race(promise, ms, () => {
    throw lateError();
  });
}

/** Resolves when closed: gracefully, or because `force` was called after `ms`. */
export async function closeWithin(ms: number, closed: Promise<unknown>, force: () => void): Promise<void> {
  if (await settleWithin(ms, closed)) return;
  force();
  await closed;
}

async function race<Value>(promise: Promise<Value>, ms: number, onLate: () => Value): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))).then(onLate);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
