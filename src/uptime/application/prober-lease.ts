import {
  type AppendResult,
  type Clock,
  ConnectionError,
  type EventStore,
  type EventSubscription,
  isEvent,
  type RecordedEvent,
  StreamError,
  type StreamWrite,
  UnsupportedByStoreError,
  WrongExpectedRevisionError,
} from '../../event-store/domain/index.js';
import { leaseAcquired, LeaseAcquired, leaseReleased, LeaseReleased, PROBER_LEASE_STREAM } from '../domain/index.js';
import { type Log } from './log.js';

/**
 * Shares of a lease: its holder renews it after the first, no longer counts on it after the second, and the others take it after the
 * third. Each measures by its own monotonic clock, from what it knows of the last renewal: the holder from before it asked for it,
 * the others from when they saw it. So clocks that disagree do no harm.
 */
const RENEWED_AFTER = 1 / 3;
const COUNTED_ON_FOR = 0.45;
const TAKEN_AFTER = 0.6;
/** How soon it is tried again where the store did not answer. */
const RETRIED_AFTER = 1 / 15;
/** Events of the lease's stream that are kept. */
const KEPT = 20;

type LeaseStore = Pick<EventStore, 'appendToStream' | 'appendIf' | 'readStream' | 'createStream' | 'subscribeToStream'>;

export interface ProberLeaseOptions {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds that a holder may be silent for before another one takes over. */
  readonly leaseMs: number;
  /** Names this process; letters and digits. */
  readonly holder: string;
  /** Names the process that ran before on the same data directory, and is gone for certain: its lease need not be waited for. */
  readonly predecessor?: string | undefined;
}

export interface LeaseListener {
  /** This process holds the lease now. @param from who had it before; undefined for nobody */
  onGained(from: string | undefined): void;
  /** It was taken or renewed. @param countedUntil until when nobody else can have it, in milliseconds since 1970 */
  onConfirmed(countedUntil: number): void;
  /** Another replica was found to hold it when this process first knew whose it is. */
  onFoundElsewhere(): void;
  /** Another one does. @param countedUntil when this process last was sure to hold it, in milliseconds since 1970 */
  onLost(countedUntil: number): void;
}

/** The lease as its holder's last event says. */
interface Seen {
  readonly revision: bigint;
  /** Who wrote it; absent where nobody ever had the lease. */
  readonly by: string | undefined;
  /** False where it was given back. */
  readonly isHeld: boolean;
  /** When this process saw it, by the monotonic clock. */
  readonly at: number;
  /** Since when this holder has it, and until when it was seen to; milliseconds since 1970. */
  readonly since: number;
  readonly until: number;
}

/** The lease, as this process holds it. */
interface Mine {
  readonly revision: bigint;
  /** Until when nobody else can have taken it: by the monotonic clock, and in milliseconds since 1970. */
  readonly countedUntil: number;
  readonly countedUntilWall: number;
}

/** Another replica probes: what this one was about to write is not to be written. */
export class LeaseLostError extends Error {
  constructor() {
    super('Another replica holds the lease of the prober');
    this.name = 'LeaseLostError';
  }
}

/**
 * Makes one of several replicas the prober, through a stream: an event says who it is, and each next one expects the revision of the
 * one before. A holder that was paused or cut off cannot write any more once another has taken over, because its writes demand the
 * revision that the lease had for it (see {@link append}).
 */
export class ProberLease {
  #subscription: EventSubscription | undefined;
  #isFollowing = false;
  #hasFollowed = false;
  #seen: Seen | undefined;
  #mine: Mine | undefined;
  #listener: LeaseListener | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: Promise<void> | undefined;
  #isStopped = false;
  #cannotDemand = false;

  constructor(private readonly options: ProberLeaseOptions) {}

  /** This process holds it, as far as it knows: true also while the store is away, when nobody could take it. */
  get isMine(): boolean {
    return this.#mine !== undefined;
  }

  /** The store has been reached, so that this process knows whose it is. */
  get isKnown(): boolean {
    return this.#seen !== undefined;
  }

  /** Another replica holds it: since when, and until when that was seen, in milliseconds since 1970. */
  get ofAnother(): { readonly since: number; readonly until: number } | undefined {
    return this.#seen?.isHeld && this.#seen.by !== this.options.holder ? this.#seen : undefined;
  }

  start(listener: LeaseListener): void {
    this.#listener = listener;
    void this.#follow();
  }

  /** Gives the lease back, where this process holds it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#asking;
    await this.#subscription?.stop();
    const mine = this.#mine;
    this.#mine = undefined;
    if (!mine) return;
    try {
      await this.options.store.appendToStream(PROBER_LEASE_STREAM, leaseReleased(this.options.holder), {
        expectedRevision: mine.revision,
      });
    } catch (error) {
      this.options.log.warn(
        `The lease of the prober could not be given back, so that another replica waits for its end: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /**
   * Appends what only the prober may write.
   *
   * @throws LeaseLostError where another replica has taken over; errors of the store
   */
  async append(write: StreamWrite): Promise<AppendResult> {
    for (;;) {
      const mine = await this.#confirmed();
      if (this.#cannotDemand) return this.options.store.appendToStream(write.streamName, write.events, write);
      try {
        return await this.options.store.appendIf(write, [
          { streamName: PROBER_LEASE_STREAM, expectedRevision: mine.revision },
        ]);
      } catch (error) {
        if (error instanceof WrongExpectedRevisionError && error.streamName === PROBER_LEASE_STREAM) {
          // Perhaps only because this process has renewed it meanwhile.
          if (this.#mine === mine) await this.#ask();
        } else if (error instanceof UnsupportedByStoreError) {
          this.options.log.warn(
            'The KurrentDB in use knows no writes on condition of another stream (26.1 and later do): a prober that was paused is fenced off by its clock alone',
          );
          this.#cannotDemand = true;
        } else {
          throw error;
        }
      }
    }
  }

  /** Makes sure that this process holds the lease. @throws LeaseLostError, errors of the store */
  async confirm(): Promise<void> {
    await this.#confirmed();
  }

  /** The lease where this process is sure to hold it, renewed first where it is not. */
  async #confirmed(): Promise<Mine> {
    if (this.#mine && this.#mine.countedUntil <= this.options.clock.monotonic()) await this.#ask();
    const mine = this.#mine;
    if (!mine) throw new LeaseLostError();
    // The store did not answer: what is to be written would not reach it either.
    if (mine.countedUntil <= this.options.clock.monotonic())
      throw new ConnectionError('KurrentDB cannot be reached, so that the lease of the prober cannot be renewed');
    return mine;
  }

  async #follow(): Promise<void> {
    const { store, clock, log, leaseMs } = this.options;
    try {
      await store.createStream({
        name: PROBER_LEASE_STREAM,
        description: 'Which replica probes',
        tags: ['uptime'],
        owner: 'system',
        maxCount: KEPT,
      });
    } catch (error) {
      if (!(error instanceof StreamError))
        log.error('The stream of the lease of the prober could not be created', error);
      if (!this.#isStopped) this.#timer = setTimeout(() => void this.#follow(), leaseMs * RETRIED_AFTER);
      return;
    }
    if (this.#isStopped) return;
    this.#subscription = store.subscribeToStream(PROBER_LEASE_STREAM, {
      onBatch: ({ events }) => {
        for (const event of events) this.#see(event);
        this.#plan();
      },
      onCaughtUp: () => {
        this.#isFollowing = true;
        // While this process could not see, the holder may have renewed it or not: it gets its whole time once more.
        if (this.#seen) this.#seen = { ...this.#seen, at: clock.monotonic() };
        this.#plan();
        if (!this.#hasFollowed && !this.#isFree()) this.#listener?.onFoundElsewhere();
        this.#hasFollowed = true;
      },
      onInterrupted: () => {
        this.#isFollowing = false;
        this.#plan();
      },
    });
  }

  #see(event: RecordedEvent): void {
    if (this.#seen && event.revision <= this.#seen.revision) return;
    const isHeld = isEvent(event, LeaseAcquired);
    const by = isHeld || isEvent(event, LeaseReleased) ? event.data.holder : undefined;
    const now = this.options.clock.now();
    // Before it has caught up this process sees what is past; from then on its own clock is the better one.
    const at = this.#isFollowing ? now : Math.min(now, Date.parse(event.timestamp));
    const since = this.#seen?.isHeld && this.#seen.by === by ? this.#seen.since : at;
    this.#seen = { revision: event.revision, by, isHeld, at: this.options.clock.monotonic(), since, until: at };
    if (isHeld && by !== this.options.holder && this.#mine && this.#mine.revision < event.revision)
      this.#lose(this.#mine);
  }

  #lose(mine: Mine): void {
    this.#mine = undefined;
    this.options.log.warn('Another replica has taken over the probing');
    this.#listener?.onLost(mine.countedUntilWall);
  }

  /** Sees to it that the lease is asked for when it is time. @param least milliseconds until then */
  #plan(least = 0): void {
    clearTimeout(this.#timer);
    if (this.#isStopped || (!this.#mine && !this.#isFollowing)) return;
    this.#timer = setTimeout(() => void this.#ask(), Math.max(least, this.#askAt() - this.options.clock.monotonic()));
  }

  /** By the monotonic clock. */
  #askAt(): number {
    const { leaseMs } = this.options;
    if (this.#mine) return this.#mine.countedUntil - (COUNTED_ON_FOR - RENEWED_AFTER) * leaseMs;
    return this.#isFree() || !this.#seen ? -Infinity : this.#seen.at + TAKEN_AFTER * leaseMs;
  }

  #isFree(): boolean {
    const { holder, predecessor } = this.options;
    return !this.#seen?.isHeld || this.#seen.by === holder || this.#seen.by === predecessor;
  }

  /** Takes the lease or renews it, unless that is going on already. Never rejects. */
  #ask(): Promise<void> {
    this.#asking ??= this.#askNow().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #askNow(): Promise<void> {
    const { store, clock, log, leaseMs, holder } = this.options;
    const wasMine = this.#mine !== undefined;
    const from = this.#seen?.by;
    const countedUntil = clock.monotonic() + COUNTED_ON_FOR * leaseMs;
    const countedUntilWall = clock.now() + COUNTED_ON_FOR * leaseMs;
    try {
      const expectedRevision = this.#mine?.revision ?? this.#seen?.revision ?? 'no_stream';
      const { revision } = await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired(holder, leaseMs), {
        expectedRevision,
      });
      this.#mine = { revision, countedUntil, countedUntilWall };
      this.#listener?.onConfirmed(countedUntilWall);
      if (!wasMine) {
        log.info('This replica probes');
        this.#listener?.onGained(from);
      }
      this.#plan();
    } catch (error) {
      if (error instanceof WrongExpectedRevisionError) await this.#look();
      if (!(error instanceof StreamError)) log.error('The lease of the prober could not be asked for', error);
      this.#plan(leaseMs * RETRIED_AFTER);
    }
  }

  /** Looks who holds it: another replica, or this one by a write whose answer was lost. */
  async #look(): Promise<void> {
    try {
      const [last] = await this.options.store.readStream(PROBER_LEASE_STREAM, { direction: 'backwards', limit: 1 });
      if (!last) return;
      const isOwn = isEvent(last, LeaseAcquired) && last.data.holder === this.options.holder;
      this.#see(last);
      // Not counted on: when it was written is not known. The next renewal makes up for that.
      if (isOwn && this.#mine) this.#mine = { ...this.#mine, revision: last.revision };
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
    }
  }
}
