import {
  type AppendResult,
  type Clock,
  ConnectionError,
  type EventStore,
  type EventSubscription,
  isEvent,
  type RecordedEvent,
  DomainError,
  type StreamWrite,
  UnsupportedByStoreError,
  WrongExpectedRevisionError,
} from '../../../event-store/domain/index.js';
import { leaseAcquired, LeaseAcquired, leaseReleased, LeaseReleased, PROBER_LEASE_STREAM } from '../../domain/index.js';
import { type Log } from './log.js';

/**
 * Shares of a lease: its holder renews it after the first, no longer counts on it after the second, and the others take it after the
 * third. Each measures by its own monotonic clock, from what it knows of the last renewal: the holder from before it asked for it,
 * the others from when they saw it. So clocks that disagree do no harm.
 */
const RENEW_AFTER = 1 / 3;
const VALID_FOR = 0.45;
const ACQUIRE_AFTER = 0.6;
/** How soon it is tried again where the store did not answer. */
const RETRY_AFTER = 1 / 15;
/** Events of the lease's stream that are kept. */
const MAX_EVENTS = 20;

type LeaseStore = Pick<
  EventStore,
  'appendToStream' | 'appendConditionally' | 'readStream' | 'createStream' | 'subscribeToStream'
>;

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
  onAcquired(from: string | undefined): void;
  /** It was taken or renewed. @param validUntil until when nobody else can have it, in milliseconds since 1970 */
  onRenewed(validUntil: number): void;
  /** Another replica was found to hold it when this process first knew whose it is. */
  onHeldByOther(): void;
  /** Another one does. @param validUntil when this process last was sure to hold it, in milliseconds since 1970 */
  onLost(validUntil: number): void;
}

/** The lease as its holder's last event says. */
interface ObservedLease {
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
interface HeldLease {
  readonly revision: bigint;
  /** Until when nobody else can have taken it: by the monotonic clock, and in milliseconds since 1970. */
  readonly validUntil: number;
  readonly validUntilWall: number;
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
  #observed: ObservedLease | undefined;
  #held: HeldLease | undefined;
  #listener: LeaseListener | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #acquiring: Promise<void> | undefined;
  #isStopped = false;
  #conditionalAppendUnsupported = false;

  constructor(private readonly options: ProberLeaseOptions) {}

  /** This process holds it, as far as it knows: true also while the store is away, when nobody could take it. */
  get isMine(): boolean {
    return this.#held !== undefined;
  }

  /** The store has been reached, so that this process knows whose it is. */
  get isKnown(): boolean {
    return this.#observed !== undefined;
  }

  /** Another replica holds it: since when, and until when that was seen, in milliseconds since 1970. */
  get remoteHolder(): { readonly since: number; readonly until: number } | undefined {
    return this.#observed?.isHeld && this.#observed.by !== this.options.holder ? this.#observed : undefined;
  }

  start(listener: LeaseListener): void {
    this.#listener = listener;
    void this.#follow();
  }

  /** Gives the lease back, where this process holds it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#acquiring;
    await this.#subscription?.stop();
    const held = this.#held;
    this.#held = undefined;
    if (!held) return;
    try {
      await this.options.store.appendToStream(PROBER_LEASE_STREAM, leaseReleased(this.options.holder), {
        expectedRevision: held.revision,
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
      const held = await this.#confirmed();
      if (this.#conditionalAppendUnsupported)
        return this.options.store.appendToStream(write.streamName, write.events, write);
      try {
        return await this.options.store.appendConditionally(write, [
          { streamName: PROBER_LEASE_STREAM, expectedRevision: held.revision },
        ]);
      } catch (error) {
        if (error instanceof WrongExpectedRevisionError && error.streamName === PROBER_LEASE_STREAM) {
          // Perhaps only because this process has renewed it meanwhile.
          if (this.#held === held) await this.#acquireOrRenew();
        } else if (error instanceof UnsupportedByStoreError) {
          this.options.log.warn(
            'The KurrentDB in use knows no writes on condition of another stream (26.1 and later do): a prober that was paused is fenced off by its clock alone',
          );
          this.#conditionalAppendUnsupported = true;
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
  async #confirmed(): Promise<HeldLease> {
    if (this.#held && this.#held.validUntil <= this.options.clock.monotonic()) await this.#acquireOrRenew();
    const held = this.#held;
    if (!held) throw new LeaseLostError();
    // The store did not answer: what is to be written would not reach it either.
    if (held.validUntil <= this.options.clock.monotonic())
      throw new ConnectionError('KurrentDB cannot be reached, so that the lease of the prober cannot be renewed');
    return held;
  }

  async #follow(): Promise<void> {
    const { store, clock, log, leaseMs } = this.options;
    try {
      await store.createStream({
        name: PROBER_LEASE_STREAM,
        description: 'Which replica probes',
        tags: ['uptime'],
        owner: 'system',
        maxCount: MAX_EVENTS,
      });
    } catch (error) {
      if (!(error instanceof DomainError))
        log.error('The stream of the lease of the prober could not be created', error);
      if (!this.#isStopped) this.#timer = setTimeout(() => void this.#follow(), leaseMs * RETRY_AFTER);
      return;
    }
    if (this.#isStopped) return;
    this.#subscription = store.subscribeToStream(PROBER_LEASE_STREAM, {
      onBatch: ({ events }) => {
        for (const event of events) this.#observe(event);
        this.#scheduleNext();
      },
      onCaughtUp: () => {
        this.#isFollowing = true;
        // While this process could not see, the holder may have renewed it or not: it gets its whole time once more.
        if (this.#observed) this.#observed = { ...this.#observed, at: clock.monotonic() };
        this.#scheduleNext();
        if (!this.#hasFollowed && !this.#isFree()) this.#listener?.onHeldByOther();
        this.#hasFollowed = true;
      },
      onInterrupted: () => {
        this.#isFollowing = false;
        this.#scheduleNext();
      },
    });
  }

  #observe(event: RecordedEvent): void {
    if (this.#observed && event.revision <= this.#observed.revision) return;
    const isHeld = isEvent(event, LeaseAcquired);
    const by = isHeld || isEvent(event, LeaseReleased) ? event.data.holder : undefined;
    const now = this.options.clock.now();
    // Before it has caught up this process sees what is past; from then on its own clock is the better one.
    const at = this.#isFollowing ? now : Math.min(now, Date.parse(event.timestamp));
    const since = this.#observed?.isHeld && this.#observed.by === by ? this.#observed.since : at;
    this.#observed = { revision: event.revision, by, isHeld, at: this.options.clock.monotonic(), since, until: at };
    if (isHeld && by !== this.options.holder && this.#held && this.#held.revision < event.revision)
      this.#lose(this.#held);
  }

  #lose(held: HeldLease): void {
    this.#held = undefined;
    this.options.log.warn('Another replica has taken over the probing');
    this.#listener?.onLost(held.validUntilWall);
  }

  /** Sees to it that the lease is asked for when it is time. @param least milliseconds until then */
  #scheduleNext(least = 0): void {
    clearTimeout(this.#timer);
    if (this.#isStopped || (!this.#held && !this.#isFollowing)) return;
    this.#timer = setTimeout(
      () => void this.#acquireOrRenew(),
      Math.max(least, this.#nextAttemptAt() - this.options.clock.monotonic()),
    );
  }

  /** By the monotonic clock. */
  #nextAttemptAt(): number {
    const { leaseMs } = this.options;
    if (this.#held) return this.#held.validUntil - (VALID_FOR - RENEW_AFTER) * leaseMs;
    return this.#isFree() || !this.#observed ? -Infinity : this.#observed.at + ACQUIRE_AFTER * leaseMs;
  }

  #isFree(): boolean {
    const { holder, predecessor } = this.options;
    return !this.#observed?.isHeld || this.#observed.by === holder || this.#observed.by === predecessor;
  }

  /** Takes the lease or renews it, unless that is going on already. Never rejects. */
  #acquireOrRenew(): Promise<void> {
    this.#acquiring ??= this.#tryAcquire().finally(() => (this.#acquiring = undefined));
    return this.#acquiring;
  }

  async #tryAcquire(): Promise<void> {
    const { store, clock, log, leaseMs, holder } = this.options;
    const wasMine = this.#held !== undefined;
    const from = this.#observed?.by;
    const validUntil = clock.monotonic() + VALID_FOR * leaseMs;
    const validUntilWall = clock.now() + VALID_FOR * leaseMs;
    try {
      const expectedRevision = this.#held?.revision ?? this.#observed?.revision ?? 'no_stream';
      const { revision } = await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired(holder, leaseMs), {
        expectedRevision,
      });
      this.#held = { revision, validUntil, validUntilWall };
      this.#listener?.onRenewed(validUntilWall);
      if (!wasMine) {
        log.info('This replica probes');
        this.#listener?.onAcquired(from);
      }
      this.#scheduleNext();
    } catch (error) {
      if (error instanceof WrongExpectedRevisionError) await this.#readCurrent();
      if (!(error instanceof DomainError)) log.error('The lease of the prober could not be asked for', error);
      this.#scheduleNext(leaseMs * RETRY_AFTER);
    }
  }

  /** Looks who holds it: another replica, or this one by a write whose answer was lost. */
  async #readCurrent(): Promise<void> {
    try {
      const [last] = await this.options.store.readStream(PROBER_LEASE_STREAM, { direction: 'backwards', limit: 1 });
      if (!last) return;
      const isOwn = isEvent(last, LeaseAcquired) && last.data.holder === this.options.holder;
      this.#observe(last);
      // Not counted on: when it was written is not known. The next renewal makes up for that.
      if (isOwn && this.#held) this.#held = { ...this.#held, revision: last.revision };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  }
}
