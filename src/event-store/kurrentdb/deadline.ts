import { type Operation } from './client-errors.js';
import { TimeoutError } from '../domain/index.js';

/**
 * Rejects with a TimeoutError when the promise is not settled in time. The client's own deadlines do not cover everything: it
 * waits for ever for the answer of a batch append, and its native reads take no deadline.
 */
export async function withDeadline<Value>(promise: Promise<Value>, timeoutMs: number, { name, streamName }: Operation): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const what = streamName === undefined ? name : `${name} stream '${streamName}'`;
      reject(new TimeoutError(`KurrentDB did not answer within ${timeoutMs} ms while ${what}; it may still have been done, so retry with the same event ids`, streamName === undefined ? {} : { streamName }));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
