import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type GrpcCall } from '../call.js';
import { type ServerContext } from '../../server-context.js';
import { FrameBuffer } from './frame-buffer.js';
import { caughtUp, confirmation, fellBehind, type SubscriptionPosition } from './read-responses.js';

/** An endless source of events: a stream or `$all`, after some position. */
export interface Feed {
  /**
   * Adds events until the buffer is full ('more') or none is left ('caughtUp'). `live`: whether the subscription was
   * caught up before.
   */
  fill(buffer: FrameBuffer, live: boolean): 'more' | 'caughtUp';
  /** Adds the messages that precede "caught up". */
  beforeCaughtUp(buffer: FrameBuffer): void;
  position(): SubscriptionPosition;
  /** Calls back when there may be new events. Returns the unsubscribe function. */
  follow(wake: () => void): () => void;
  /** The error that ends the subscription after the events that were added, if any. */
  terminalError(): Error | undefined;
}

/**
 * A catch-up subscription. It reads its events from the log at the client's pace: nothing is queued for a slow client,
 * which is notified that it fell behind, and again when it has caught up.
 */
export async function runSubscription(context: ServerContext, call: GrpcCall, feed: Feed): Promise<void> {
  const initialError = feed.terminalError();
  if (initialError !== undefined) throw initialError;
  const signal = new WakeSignal();
  const unfollow = feed.follow(() => signal.wake());
  call.onClose = () => {
    unfollow();
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
      buffer.add(caughtUp(feed.position(), context.nowMs()));
      live = true;
    }
    if (!buffer.isEmpty) call.write(buffer.take());
    const error = feed.terminalError();
    if (error !== undefined) throw error;
    if (state === 'more' && live && call.isBackedUp) {
      live = false;
      call.write(fellBehind(feed.position(), context.nowMs()));
    }
    await call.drained();
    await (state === 'caughtUp' ? signal.woken() : setImmediate());
  }
}

/** Keeps a wake-up until the next wait. */
class WakeSignal {
  #signaled = false;
  #resume: (() => void) | undefined;

  wake(): void {
    this.#signaled = true;
    this.#resume?.();
    this.#resume = undefined;
  }

  reset(): void {
    this.#signaled = false;
  }

  woken(): Promise<void> {
    return this.#signaled ? Promise.resolve() : new Promise((resolve) => (this.#resume = resolve));
  }
}
