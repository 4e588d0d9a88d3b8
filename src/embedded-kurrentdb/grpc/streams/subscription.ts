import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type GrpcCall } from '../call.js';
import { type ServerContext } from '../../server-context.js';
import { FrameBuffer } from './frame-buffer.js';
import { caughtUp, confirmation, fellBehind, type SubscriptionPosition } from './read-responses.js';

/** A source of events that never ends: a stream or `$all`, from some place on. */
export interface Feed {
  /** Adds what follows to the page, until that is full or there is no more now; tells which. `live`: whether the reader was caught up before. */
  fill(buffer: FrameBuffer, live: boolean): 'more' | 'caughtUp';
  /** Adds what comes between history and caught-up. */
  beforeCaughtUp(buffer: FrameBuffer): void;
  where(): SubscriptionPosition;
  /** Calls back when there may be more. Returns the function that ends that. */
  follow(wake: () => void): () => void;
  /** The error that ends the subscription after what was filled, if any. */
  failure(): Error | undefined;
}

/**
 * A catch-up subscription. It reads its events from the log, at the reader's pace: nothing is queued for a slow one, who is told
 * that it fell behind, and later that it caught up again.
 */
export async function runSubscription(context: ServerContext, call: GrpcCall, feed: Feed): Promise<void> {
  const refusal = feed.failure();
  if (refusal !== undefined) throw refusal;
  const signal = new WakeSignal();
  call.onClose = feed.follow(() => signal.wake());
  const closeFollow = call.onClose;
  call.onClose = () => {
    closeFollow();
    signal.wake();
  };
  call.write(confirmation(randomUUID()));
  const buffer = new FrameBuffer();
  let live = false;
  while (!call.isOver) {
    signal.reset();
    const state = feed.fill(buffer, live);
    if (state === 'caughtUp' && !live) {
      feed.beforeCaughtUp(buffer);
      buffer.add(caughtUp(feed.where(), context.nowMs()));
      live = true;
    }
    if (!buffer.isEmpty) call.write(buffer.take());
    const failure = feed.failure();
    if (failure !== undefined) throw failure;
    if (state === 'more' && live && call.isBackedUp) {
      live = false;
      call.write(fellBehind(feed.where(), context.nowMs()));
    }
    await call.drained();
    await (state === 'caughtUp' ? signal.woken() : setImmediate());
  }
}

/** Remembers that something happened until someone waits for it. */
class WakeSignal {
  #happened = false;
  #resume: (() => void) | undefined;

  wake(): void {
    this.#happened = true;
    this.#resume?.();
    this.#resume = undefined;
  }

  reset(): void {
    this.#happened = false;
  }

  woken(): Promise<void> {
    return this.#happened ? Promise.resolve() : new Promise((resolve) => (this.#resume = resolve));
  }
}
