import { isEvent, type RecordedEvent } from '../../event-store/domain/index.js';
import { type StreamFollower } from '../../event-store/index.js';
import { ServiceStatusChanged } from '../domain/index.js';

export interface FeedListener {
  /** A change was recorded, by any replica, and can be queried. */
  onChange(change: ServiceStatusChanged): void;
  /** Changes may have been missed: read the current statuses. */
  onResumed(): void;
}

/** Status changes as the read model of uptime applies them, once it has caught up, at the start and after a rebuild. */
export class ChangeFeed {
  readonly #listeners = new Set<FeedListener>();
  #isLive = false;
  #hasMissed = false;

  constructor(readModel: Pick<StreamFollower, 'listen'>) {
    readModel.listen({
      onEvents: (events) => this.#onEvents(events),
      onInterrupted: () => (this.#hasMissed = true),
      onCleared: () => {
        this.#isLive = false;
        this.#hasMissed = true;
      },
      onCaughtUp: () => {
        this.#isLive = true;
        if (!this.#hasMissed) return;
        this.#hasMissed = false;
        this.#listeners.forEach((listener) => listener.onResumed());
      },
    });
  }

  /** @returns a function that removes the listener */
  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #onEvents(events: readonly RecordedEvent[]): void {
    const changes = events.filter((event) => isEvent(event, ServiceStatusChanged));
    if (!this.#isLive) this.#hasMissed ||= changes.length > 0;
    else for (const { data } of changes) this.#listeners.forEach((listener) => listener.onChange(data));
  }
}
