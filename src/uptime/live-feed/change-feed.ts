import {
  type EventStore,
  type EventSubscription,
  isEvent,
  type Position,
  SERVICE_UPTIME_PREFIX,
} from '../../event-store/domain/index.js';
import { ServiceStatusChanged } from '../domain/index.js';

export interface FeedListener {
  /** A change was recorded, by whichever replica, and can be queried. */
  onChange(change: ServiceStatusChanged): void;
  /** Changes may have been missed; ask for the current statuses. */
  onResumed(): void;
}

/** How long a change is held back, in milliseconds, for the queries of this process to know it. */
const READABLE_WITHIN_MS = 2_000;

/** Tells listeners of every change from now on, as soon as it is recorded. */
export class ChangeFeed {
  readonly #listeners = new Set<FeedListener>();
  #subscription: EventSubscription | undefined;
  #wasInterrupted = false;

  /** @param whenReadable resolves when what was written up to a position can be queried, or when the time is over */
  constructor(
    private readonly store: Pick<EventStore, 'subscribeToAll'>,
    private readonly whenReadable: (position: Position, timeoutMs: number) => Promise<unknown>,
  ) {}

  /** @returns a function that ends the listening */
  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#subscription ??= this.store.subscribeToAll({
      after: 'end',
      filter: { streamNamePrefixes: [SERVICE_UPTIME_PREFIX] },
      onBatch: async ({ events, position }) => {
        const changes = events.filter((event) => isEvent(event, ServiceStatusChanged));
        if (changes.length === 0) return;
        // Who connects after this has been told must find it in the current statuses.
        if (position) await this.whenReadable(position, READABLE_WITHIN_MS);
        for (const { data } of changes) this.#listeners.forEach((listener) => listener.onChange(data));
      },
      onInterrupted: () => (this.#wasInterrupted = true),
      onCaughtUp: () => {
        if (!this.#wasInterrupted) return;
        this.#wasInterrupted = false;
        this.#listeners.forEach((listener) => listener.onResumed());
      },
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.stop();
  }
}
