import {
  type AllStreamSubscription,
  type RecordedEvent as ClientEvent,
  type StreamSubscription,
} from '@kurrent/kurrentdb-client';
import { sleep } from '../../common/wait.js';
import {
  type EventSubscription,
  type Position,
  type RecordedEvent,
  type DomainError,
  type SubscriptionOptions,
} from '../domain/index.js';
import { type StoreFollowing, type StoreWatch } from '../store-watch/store-watch.js';

/** An event, or a checkpoint: all matching events up to `position` have been delivered. */
export interface Delivery {
  readonly event?: RecordedEvent;
  /** Of the event in the store. */
  readonly id?: string;
  readonly position?: Position;
}

type ClientSubscription = AllStreamSubscription | StreamSubscription;

/** How a subscription is opened and resumed; one for `$all`, one for a stream. */
export interface SubscriptionSource<Cursor> {
  /** Reads the stored events before each `open`: a subscription delivers them several times slower. */
  readStored?(after: Cursor, deliver: (deliveries: readonly Delivery[]) => Promise<void>): Promise<void>;
  open(after: Cursor, onCheckpoint: (position: Position) => void): ClientSubscription;
  cursorOf(delivery: Delivery): Cursor | undefined;
}

const BATCH_LIMIT = 1_000;
/** Maximum number of deliveries that wait for the handler; the connection is paused at this number. */
const QUEUE_LIMIT = 4_000;
/** Far longer than a server needs to scan what does not match, unless that is many millions of events. */
const READ_IDLE_MS = 10_000;
const MIN_RETRY_DELAY_MS = 100;
const MAX_RETRY_DELAY_MS = 5_000;

/**
 * Catch-up subscription that resumes: after a lost connection or a failed batch it reopens after the last handled
 * batch, with delays that double up to five seconds. On a store that was replaced it delivers nothing any more.
 */
export class CatchUpSubscription<Cursor> implements EventSubscription {
  readonly #source: SubscriptionSource<Cursor>;
  readonly #options: SubscriptionOptions;
  readonly #decode: (event: ClientEvent) => RecordedEvent;
  readonly #translate: (error: unknown) => DomainError;
  readonly #running: Promise<void>;
  readonly #stop = new AbortController();
  readonly #isStopped = new Promise<void>((resolve) =>
    this.#stop.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  readonly #following: StoreFollowing | undefined;
  #cursor: Cursor;
  #retryDelayMs = MIN_RETRY_DELAY_MS;

  constructor(
    source: SubscriptionSource<Cursor>,
    after: Cursor,
    options: SubscriptionOptions,
    decode: (event: ClientEvent) => RecordedEvent,
    translate: (error: unknown) => DomainError,
    watch?: Pick<StoreWatch, 'follow'>,
  ) {
    this.#source = source;
    this.#cursor = after;
    this.#options = options;
    this.#decode = decode;
    this.#translate = translate;
    this.#following = watch?.follow();
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await Promise.race([this.#following?.assertSame(), this.#isStopped]);
        if (!this.#stop.signal.aborted) await this.#deliverStored();
        if (!this.#stop.signal.aborted) await this.#connectAndDeliver();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#following?.interrupted();
        this.#options.onInterrupted?.(error instanceof BatchFailure ? error.reason : this.#translate(error));
        await this.#delayRetry();
      }
    }
  }

  /**
   * Delivers the stored events. A native read cannot be cancelled and has no deadline, so that a lost connection would
   * suspend it: it is abandoned when the subscription is stopped, and after {@link READ_IDLE_MS} without an event; the
   * subscription then delivers the rest.
   */
  async #deliverStored(): Promise<void> {
    if (!this.#source.readStored) return;
    const abandoned = new AbortController();
    const abandon = (): void => abandoned.abort();
    const isAbandoned = new Promise<void>((resolve) => abandoned.signal.addEventListener('abort', () => resolve()));
    let idle = setTimeout(abandon, READ_IDLE_MS);
    this.#stop.signal.addEventListener('abort', abandon, { once: true });
    let delivering = Promise.resolve();
    const deliver = async (deliveries: readonly Delivery[]): Promise<void> => {
      abandoned.signal.throwIfAborted();
      clearTimeout(idle);
      await (delivering = this.#deliver(deliveries));
      if (!abandoned.signal.aborted) idle = setTimeout(abandon, READ_IDLE_MS);
    };
    try {
      await Promise.race([this.#source.readStored(this.#cursor, deliver), isAbandoned]);
      await delivering.catch(() => undefined);
    } finally {
      clearTimeout(idle);
      this.#stop.signal.removeEventListener('abort', abandon);
      abandon();
    }
  }

  /** Runs one connection until it ends; rejects with the reason. */
  async #connectAndDeliver(): Promise<void> {
    const queue: Delivery[] = [];
    let wake: (() => void) | undefined;
    let failure: { readonly error: unknown } | undefined;
    let caughtUp = false;
    const notify = (): void => {
      wake?.();
      wake = undefined;
    };
    const subscription = this.#source.open(this.#cursor, (position) => {
      // The client reports a checkpoint immediately, but buffers events: a checkpoint before buffered events would skip
      // them, so it is ignored. A later one follows.
      if (subscription.readableLength > 0) return;
      queue.push({ position });
      notify();
    });
    const fail = (error: unknown): void => {
      failure ??= { error };
      notify();
    };
    subscription.on('data', ({ event }: { event?: ClientEvent }) => {
      if (event)
        queue.push({
          event: this.#decode(event),
          id: event.id,
          ...(event.position ? { position: event.position } : {}),
        });
      if (queue.length >= QUEUE_LIMIT) subscription.pause();
      notify();
    });
    subscription.on('caughtUp', () => {
      caughtUp = true;
      notify();
    });
    subscription.on('error', fail);
    subscription.on('end', () => fail(new Error('KurrentDB ended the subscription')));
    subscription.on('close', () => fail(new Error('The subscription was closed')));
    this.#stop.signal.addEventListener('abort', notify, { once: true });

    try {
      for (;;) {
        if (this.#stop.signal.aborted) return;
        if (queue.length > 0) {
          await this.#deliver(queue.splice(0, BATCH_LIMIT));
          if (queue.length < QUEUE_LIMIT / 2 && subscription.isPaused()) subscription.resume();
        } else if (failure) {
          throw failure.error;
        } else if (caughtUp && subscription.readableLength === 0) {
          caughtUp = false;
          this.#retryDelayMs = MIN_RETRY_DELAY_MS;
          this.#options.onCaughtUp?.();
        } else {
          // Data that the sockets have already received is read first, so that it becomes one batch.
          await new Promise<void>((resolve) => (wake = () => setImmediate(resolve)));
        }
      }
    } finally {
      this.#stop.signal.removeEventListener('abort', notify);
      await closeQuietly(subscription);
    }
  }

  async #deliver(deliveries: readonly Delivery[]): Promise<void> {
    const last = deliveries.at(-1);
    if (!last) return;
    const events = deliveries.flatMap(({ event }) => event ?? []);
    this.#tellWatch(deliveries);
    try {
      if (events.length > 0) await this.#options.onBatch({ events, position: last.position });
      else if (last.position) await this.#options.onCheckpoint?.(last.position);
    } catch (error) {
      throw new BatchFailure(error instanceof Error ? error : new Error(String(error)));
    }
    this.#cursor = this.#source.cursorOf(last) ?? this.#cursor;
    this.#retryDelayMs = MIN_RETRY_DELAY_MS;
  }

  #tellWatch(deliveries: readonly Delivery[]): void {
    const { event, id, position } = deliveries.findLast((delivery) => delivery.event) ?? {};
    if (event && id !== undefined && position)
      this.#following?.delivered({ ...position, id, streamName: event.streamName, revision: event.revision });
  }

  async #delayRetry(): Promise<void> {
    const milliseconds = this.#retryDelayMs;
    this.#retryDelayMs = Math.min(this.#retryDelayMs * 2, MAX_RETRY_DELAY_MS);
    await sleep(milliseconds, this.#stop.signal);
  }
}

/** Error of the handler, as opposed to errors of the connection. */
class BatchFailure extends Error {
  constructor(readonly reason: Error) {
    super(reason.message, { cause: reason });
  }
}

/** Ignores further errors: the next connection starts after the last handled batch. */
async function closeQuietly(subscription: ClientSubscription): Promise<void> {
  subscription.removeAllListeners('data');
  subscription.on('error', () => undefined);
  await subscription.unsubscribe().catch(() => undefined);
  subscription.destroy();
}
