import { Logger } from '@nestjs/common';
import { sleep } from '../../common/wait.js';
import {
  type EventBatch,
  type EventSubscription,
  type Position,
  type RecordedEvent,
  type SubscriptionOptions,
} from '../domain/index.js';

/** Notified after a read model has changed, so that what it is notified of can be queried. */
export interface ReadModelListener {
  /** Never called with an empty array. */
  onEvents?(events: readonly RecordedEvent[]): void;
  /** All events that were in the store at the start, or after a reconnection, have been applied. */
  onCaughtUp?(): void;
  onInterrupted?(): void;
  /** The state was emptied because the store was replaced: all events are applied from the beginning. */
  onCleared?(): void;
}

const RETRY_MS = 1_000;

/**
 * Lifecycle of every read model, whatever it keeps its state in: connecting, catching up, waiting, listening, stopping.
 * A lost connection and a failed batch are retried by the subscription.
 */
export abstract class StreamFollower {
  protected readonly logger: Logger;
  readonly #listeners = new Set<ReadModelListener>();
  readonly #waiting = new Set<() => void>();
  readonly #stop = new AbortController();
  #subscription: EventSubscription | undefined;
  #starting: Promise<void> | undefined;
  #restarting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #position: Position | undefined;
  #isCaughtUp = false;
  #interruption: Error | undefined;

  constructor(readonly name: string) {
    this.logger = new Logger(`ReadModel:${name}`);
  }

  /** Connected, and all events that were in the store when it connected have been applied. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** All events up to here have been applied; undefined before the first batch. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Why the streams are not followed at the moment. */
  get interruption(): Error | undefined {
    return this.#interruption;
  }

  /** Starts, and retries every second until the store can be reached. */
  startWhenReachable(): void {
    this.#starting ??= this.#retryStart();
  }

  /** @throws ConnectionError, TimeoutError */
  async start(): Promise<void> {
    if (this.#subscription || this.#stop.signal.aborted) return;
    this.#subscription = await this.subscribe({
      onBatch: (batch) => this.#onBatch(batch),
      onCheckpoint: async (position) => {
        await this.applyCheckpoint(position);
        this.#advanceTo(position);
      },
      onCaughtUp: () => {
        this.#isCaughtUp = true;
        this.#interruption = undefined;
        this.#notify((listener) => listener.onCaughtUp?.());
      },
      onInterrupted: (error) => {
        this.#isCaughtUp = false;
        this.#interruption = error;
        this.logger.warn(`Interrupted, retrying: ${error.message}`);
        this.#notify((listener) => listener.onInterrupted?.());
      },
    });
  }

  /** Empties the state and applies all events of the store again. Resolves when it has caught up, or was stopped. */
  async restart(): Promise<void> {
    this.#isCaughtUp = false;
    await (this.#restarting = this.#restarting.then(() => this.#restartOnce()));
    await this.#caughtUp();
  }

  /**
   * Waits until a write has been applied, so that its writer reads it.
   *
   * @returns false if it was not applied within `timeoutMs`
   */
  async waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (!this.#hasApplied(position)) {
      const left = deadline - Date.now();
      if (left <= 0 || this.#stop.signal.aborted) return false;
      await this.#nextBatch(left);
    }
    return true;
  }

  /** @returns a function that removes the listener */
  listen(listener: ReadModelListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the running batch, if any, has been applied, and the state is closed. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stopOnce());
  }

  /** Opens the subscription behind the last applied batch. */
  protected abstract subscribe(options: SubscriptionOptions): Promise<EventSubscription> | EventSubscription;

  /** Applies a batch, all of it or nothing. @returns the applied events */
  protected abstract applyBatch(batch: EventBatch): Promise<readonly RecordedEvent[]> | readonly RecordedEvent[];

  /** Empties the state. */
  protected abstract clear(): void;

  /** Stores that no event up to this position is to be applied any more; nothing if the state has no checkpoint. */
  protected applyCheckpoint(_position: Position): Promise<void> | void {
    return undefined;
  }

  /** Releases the resources of the state, if it has any. */
  protected close(): Promise<void> {
    return Promise.resolve();
  }

  /** For a model that resumes from a stored checkpoint. */
  protected resumeAt(position: Position | undefined): void {
    this.#position = position;
  }

  async #retryStart(): Promise<void> {
    for (let attempt = 1; !this.#stop.signal.aborted; attempt++) {
      try {
        await this.start();
        if (attempt > 1) this.logger.log('The store can be reached; following the streams');
        return;
      } catch (error) {
        if (attempt === 1)
          this.logger.warn(
            `Cannot follow the streams yet, retrying every ${RETRY_MS} ms: ${error instanceof Error ? error.message : String(error)}`,
          );
        await sleep(RETRY_MS, this.#stop.signal);
      }
    }
  }

  async #restartOnce(): Promise<void> {
    await this.#starting;
    await this.#subscription?.stop();
    this.#subscription = undefined;
    this.#isCaughtUp = false;
    await this.#clearWhenPossible();
    this.#position = undefined;
    this.#notify((listener) => listener.onCleared?.());
    this.#starting = this.#retryStart();
  }

  /** The disk may be full. */
  async #clearWhenPossible(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        return this.clear();
      } catch (error) {
        this.#interruption = error instanceof Error ? error : new Error(String(error));
        this.logger.error(`Could not be emptied, retrying every ${RETRY_MS} ms: ${this.#interruption.message}`);
        await sleep(RETRY_MS, this.#stop.signal);
      }
    }
  }

  #caughtUp(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isCaughtUp || this.#stop.signal.aborted) return resolve();
      const stopListening = this.listen({ onCaughtUp: () => (stopListening(), resolve()) });
      this.#stop.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async #stopOnce(): Promise<void> {
    this.#stop.abort();
    await this.#restarting;
    await this.#starting;
    await this.#subscription?.stop();
    this.#wakeAll();
    await this.close();
  }

  async #onBatch(batch: EventBatch): Promise<void> {
    const events = await this.applyBatch(batch);
    // A subscription to one stream gives no position with its batches.
    this.#advanceTo(batch.position ?? batch.events.at(-1)?.position);
    if (events.length > 0) this.#notify((listener) => listener.onEvents?.(events));
  }

  #advanceTo(position: Position | undefined): void {
    this.#position = position ?? this.#position;
    this.#interruption = undefined;
    this.#wakeAll();
  }

  /** A listener that throws must not make the subscription deliver an applied batch again. */
  #notify(notify: (listener: ReadModelListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        notify(listener);
      } catch (error) {
        this.logger.error(`A listener failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  #hasApplied({ commit }: Position): boolean {
    return this.#position !== undefined && this.#position.commit >= commit;
  }

  #nextBatch(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#waiting.add(wake);
    });
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
