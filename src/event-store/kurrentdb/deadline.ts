import { describeOperation, type Operation } from './client-errors.js';
import { TimeoutError } from '../domain/index.js';

/**
 * Rejects with a TimeoutError when the promise is not settled in time. The client's own deadlines do not cover everything: it
 * waits for ever for the answer of a batch append, and its native reads take no deadline.
 */
export async function withDeadline<Value>(
  promise: Promise<Value>,
  timeoutMs: number,
  operation: Operation,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const { streamName } = operation;
      reject(
        new TimeoutError(
          `KurrentDB did not answer within ${timeoutMs} ms while ${describeOperation(operation)}; it may still have been done, so retry with the same event ids`,
          streamName === undefined ? {} : { streamName },
        ),
      );
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
