import { type Clock, type EventStore, type Position } from '../domain/index.js';
import { type StreamFollower } from './stream-follower.js';

type FollowingModel = Pick<StreamFollower, 'isCaughtUp' | 'position'> & {
  /** By the wall clock, also before this process; undefined if the model never had all events. */
  readonly currentAt?: number | undefined;
};

/** A read model that is shown to be at most this much behind the store is fresh. */
export const MAX_STALENESS_MS = 1_000;

/** The last event of the followed streams, and when the store had no later one. */
interface Observation {
  /** Before the read, on the monotonic clock. */
  readonly at: number;
  readonly position: Position;
}

/**
 * Shows how current a read model is: twice a second it asks the store for the last event of the streams that the model
 * follows. A model that has applied it was current when that was asked. A subscription alone cannot show this: it says
 * nothing while it lags.
 */
export class Freshness {
  #observations: readonly Observation[] = [];
  /** The model had all events of the store at this time of the monotonic clock. */
  #currentAt = Number.NEGATIVE_INFINITY;
  /** All events up to here are known: those that follow are examined next. */
  #examined: Position | undefined;
  #last: Position | undefined;

  constructor(
    private readonly model: FollowingModel,
    private readonly store: Pick<EventStore, 'readLogExtent'>,
    private readonly streamNamePrefixes: readonly string[],
    private readonly clock: Clock,
  ) {}

  /** Whether the model has every event that was in the store {@link MAX_STALENESS_MS} ago. */
  get isFresh(): boolean {
    this.#compare();
    return this.clock.monotonic() - this.#currentAt <= MAX_STALENESS_MS;
  }

  /**
   * Milliseconds since the model was shown to have every event of the store, by an earlier process if not by this one;
   * undefined if none has shown it.
   */
  get ageMs(): number | undefined {
    this.#compare();
    if (this.#currentAt !== Number.NEGATIVE_INFINITY) return this.clock.monotonic() - this.#currentAt;
    const { currentAt } = this.model;
    return currentAt === undefined ? undefined : Math.max(0, this.clock.now() - currentAt);
  }

  /** Asks the store; called twice a second. @throws errors of the store */
  async observe(): Promise<void> {
    // While it catches up, the store would have to scan everything that is left.
    if (!this.model.isCaughtUp) return;
    const at = this.clock.monotonic();
    const { end, lastMatch } = await this.store.readLogExtent(
      this.streamNamePrefixes,
      this.#examined ?? this.model.position,
    );
    if (end && this.#examined && end.commit < this.#examined.commit) {
      // The log is that of another store: what is known of it does not count there.
      this.#examined = undefined;
      this.#last = undefined;
      this.#observations = [];
      return;
    }
    this.#examined = end;
    this.#last = lastMatch ?? this.#last;
    this.#compare();
    if (this.#last) this.#observations = [...this.#observations, { at, position: this.#last }];
    else this.#currentAt = at;
  }

  /**
   * Keeps the observations that the model has not reached and that still can show it to be fresh, and the oldest one,
   * which shows the age of a model that stays behind.
   */
  #compare(): void {
    const { position } = this.model;
    const oldest = this.clock.monotonic() - MAX_STALENESS_MS;
    const isReached = (last: Position): boolean => position !== undefined && position.commit >= last.commit;
    for (const { at, position: last } of this.#observations)
      if (isReached(last)) this.#currentAt = Math.max(this.#currentAt, at);
    this.#observations = this.#observations
      .filter(({ position: last }) => !isReached(last))
      .filter(({ at }, index) => index === 0 || at >= oldest);
  }
}
