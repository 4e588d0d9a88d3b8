import {
  type Clock,
  ConnectionError,
  type EventStore,
  type EventSubscription,
  isEvent,
  type RecordedEvent,
  DomainError,
  WrongExpectedRevisionError,
} from '../../../event-store/domain/index.js';
import { leaseAcquired, LeaseAcquired, leaseReleased, LeaseReleased, PROBER_LEASE_STREAM } from '../../domain/index.js';
import { type Log } from './log.js';

/**
 * Fractions of `leaseMs` after which the holder renews the lease and stops trusting it, and other replicas acquire it.
 * Each process measures on its monotonic clock: the holder from before it sent the last renewal, the others from when
 * they observed it. ACQUIRE_AFTER > VALID_FOR, so that holders never overlap, whatever the wall clocks show.
 */
const RENEW_AFTER = 1 / 3;
const VALID_FOR = 0.45;
const ACQUIRE_AFTER = 0.6;
/** Fraction of `leaseMs` between attempts while the store fails. */
const RETRY_AFTER = 1 / 15;
/** `$maxCount` of the lease stream. */
const MAX_EVENTS = 20;

type LeaseStore = Pick<EventStore, 'appendToStream' | 'readStream' | 'createStream' | 'subscribeToStream'>;

export interface ProberLeaseOptions {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds without a renewal after which another replica has acquired the lease. */
  readonly leaseMs: number;
  /** Unique id of this process; letters and digits. */
  readonly holder: string;
  /** Id of the process that used the data directory before. It has ended, so that its lease can be acquired at once. */
  readonly predecessor?: string | undefined;
}

export interface LeaseListener {
  /** This process has acquired the lease. @param from the previous holder, if any */
  onAcquired(from: string | undefined): void;
  /**
   * This process has acquired or renewed the lease.
   *
   * @param validUntil until when no other replica can hold it, in milliseconds since 1970
   */
  onRenewed(validUntil: number): void;
  /** Another replica is the holder, and this process has not been: by the first read of the stream, or later. */
  onHeldByOther(): void;
  /**
   * Another replica has acquired the lease.
   *
   * @param validUntil end of this process's last validity, in milliseconds since 1970
   */
  onLost(validUntil: number): void;
}

/** The lease according to the last event of its stream. */
interface ObservedLease {
  readonly revision: bigint;
  /** Holder that wrote the event. */
  readonly by: string | undefined;
  /** False after a release. */
  readonly isHeld: boolean;
  /** When this process observed the event, on the monotonic clock. */
  readonly at: number;
  /** When this holder was first and last observed, in milliseconds since 1970. */
  readonly since: number;
  readonly until: number;
}

/** The lease while this process holds it. */
export interface HeldLease {
  readonly revision: bigint;
  /** Until when no other replica can have acquired it: on the monotonic clock, and in milliseconds since 1970. */
  readonly validUntil: number;
  readonly validUntilWall: number;
}

export class LeaseLostError extends Error {
  constructor() {
    super('Another replica holds the prober lease');
    this.name = 'LeaseLostError';
  }
}

/**
 * Elects the replica that probes, through a stream: its last event names the holder, and each event is appended at the
 * revision of the one before. `FencedWriter` makes writes conditional on that revision.
 */
export class ProberLease {
  #subscription: EventSubscription | undefined;
  #isFollowing = false;
  #hasFollowed = false;
  #hasHeld = false;
  #observed: ObservedLease | undefined;
  #held: HeldLease | undefined;
  /** What was held in a store that was replaced, until it is known who holds the lease in the new one. */
  #formerlyHeld: HeldLease | undefined;
  /** Earliest attempt, on the monotonic clock: the holder may not have noticed yet that the store was replaced. */
  #notBefore = -Infinity;
  /** Number of times that the stream was followed from its beginning. */
  #beginning = 0;
  #listener: LeaseListener | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #followTimer: ReturnType<typeof setTimeout> | undefined;
  #acquiring: Promise<void> | undefined;
  #isStopped = false;

  constructor(private readonly options: ProberLeaseOptions) {}

  /**
   * Whether this process is the last known holder; also while the store is unreachable, because no replica can acquire
   * it then.
   */
  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** Whether another process holds or may hold the lease, as far as its stream has been read. */
  get isWithAnother(): boolean {
    return this.#observed !== undefined && !this.#isAvailable();
  }

  /**
   * When another replica was first and last observed as the holder, in milliseconds since 1970; undefined if there is
   * none.
   */
  get remoteHolder(): { readonly since: number; readonly until: number } | undefined {
    return this.#observed?.isHeld && this.#observed.by !== this.options.holder ? this.#observed : undefined;
  }

  start(listener: LeaseListener): void {
    this.#listener = listener;
    void this.#follow();
  }

  /**
   * Acquires the lease again after the store was replaced. The former holder continues to probe, and loses the lease
   * only if another replica acquires or renews it in the new store; the others wait until its validity has ended.
   */
  async restart(): Promise<void> {
    if (!this.#listener) return; // not started
    const { clock, leaseMs } = this.options;
    clearTimeout(this.#timer);
    clearTimeout(this.#followTimer);
    this.#beginning++;
    this.#notBefore = this.remoteHolder ? clock.monotonic() + ACQUIRE_AFTER * leaseMs : -Infinity;
    this.#formerlyHeld ??= this.#held;
    this.#held = undefined;
    this.#observed = undefined;
    this.#isFollowing = false;
    const subscription = this.#subscription;
    this.#subscription = undefined;
    await subscription?.stop();
    if (!this.#isStopped) void this.#follow();
  }

  /** Stops renewing, and releases the lease if this process holds it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#followTimer);
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
        `The prober lease could not be released; another replica acquires it when it expires: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /**
   * The lease of this process; renewed first if its validity has ended.
   *
   * @throws LeaseLostError if another replica holds it; errors of the store
   */
  async assertHeld(): Promise<HeldLease> {
    if (this.#held && !this.#isValid(this.#held)) await this.#acquireOrRenew();
    const held = this.#held;
    if (!held) throw new LeaseLostError();
    if (!this.#isValid(held))
      throw new ConnectionError('KurrentDB cannot be reached, so the prober lease cannot be renewed');
    return held;
  }

  /** Renews the lease unless it has been renewed or lost since `revision`. */
  async renew(revision: bigint): Promise<void> {
    if (this.#held?.revision === revision) await this.#acquireOrRenew();
  }

  #isValid({ validUntil }: HeldLease): boolean {
    return validUntil > this.options.clock.monotonic();
  }

  async #follow(): Promise<void> {
    const { store, clock, log, leaseMs } = this.options;
    const beginning = this.#beginning;
    try {
      await store.createStream({
        name: PROBER_LEASE_STREAM,
        description: 'Which replica probes',
        tags: ['uptime'],
        owner: 'system',
        maxCount: MAX_EVENTS,
      });
    } catch (error) {
      if (!(error instanceof DomainError)) log.error(`The stream ${PROBER_LEASE_STREAM} could not be created`, error);
      if (!this.#isStopped && beginning === this.#beginning)
        this.#followTimer = setTimeout(() => void this.#follow(), leaseMs * RETRY_AFTER);
      return;
    }
    if (this.#isStopped || beginning !== this.#beginning) return;
    this.#subscription = store.subscribeToStream(PROBER_LEASE_STREAM, {
      onBatch: ({ events }) => {
        for (const event of events) this.#observe(event);
        this.#scheduleNext();
      },
      onCaughtUp: () => {
        this.#isFollowing = true;
        // The holder may have renewed the lease while the subscription was interrupted: measure its time from now.
        if (this.#observed) this.#observed = { ...this.#observed, at: clock.monotonic() };
        this.#scheduleNext();
        if (!this.#hasFollowed && !this.#isAvailable()) this.#listener?.onHeldByOther();
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
    const wasAvailable = this.#isAvailable();
    const now = this.options.clock.now();
    // Events from before the subscription caught up are dated by their timestamps, later ones by the local clock.
    const at = this.#isFollowing ? now : Math.min(now, Date.parse(event.timestamp));
    const since = this.#observed?.isHeld && this.#observed.by === by ? this.#observed.since : at;
    this.#observed = { revision: event.revision, by, isHeld, at: this.options.clock.monotonic(), since, until: at };
    const { holder } = this.options;
    if (isHeld && by !== holder && this.#held && this.#held.revision < event.revision) this.#lose(this.#held);
    else if (isHeld && by !== holder && this.#formerlyHeld && this.#isFollowing) this.#lose(this.#formerlyHeld);
    else if (this.#hasFollowed && !this.#hasHeld && wasAvailable && !this.#isAvailable())
      this.#listener?.onHeldByOther();
  }

  #lose(held: HeldLease): void {
    this.#held = undefined;
    this.#formerlyHeld = undefined;
    this.options.log.warn('Another replica has taken over the prober lease');
    this.#listener?.onLost(held.validUntilWall);
  }

  /** Schedules the next attempt to acquire or renew. @param minDelayMs lower limit */
  #scheduleNext(minDelayMs = 0): void {
    clearTimeout(this.#timer);
    if (this.#isStopped || (!this.#held && !this.#isFollowing)) return;
    this.#timer = setTimeout(
      () => void this.#acquireOrRenew(),
      Math.max(minDelayMs, this.#nextAttemptAt() - this.options.clock.monotonic()),
    );
  }

  /** On the monotonic clock. */
  #nextAttemptAt(): number {
    const { leaseMs } = this.options;
    if (this.#held) return this.#held.validUntil - (VALID_FOR - RENEW_AFTER) * leaseMs;
    if (this.#isAvailable() || !this.#observed) return this.#notBefore;
    return Math.max(this.#notBefore, this.#observed.at + ACQUIRE_AFTER * leaseMs);
  }

  #isAvailable(): boolean {
    const { holder, predecessor } = this.options;
    return !this.#observed?.isHeld || this.#observed.by === holder || this.#observed.by === predecessor;
  }

  /** Single-flight; never rejects. */
  #acquireOrRenew(): Promise<void> {
    this.#acquiring ??= this.#tryAcquire().finally(() => (this.#acquiring = undefined));
    return this.#acquiring;
  }

  async #tryAcquire(): Promise<void> {
    const { store, clock, log, leaseMs, holder } = this.options;
    const beginning = this.#beginning;
    const isRenewal = this.#held !== undefined;
    const from = this.#observed?.by;
    const validUntil = clock.monotonic() + VALID_FOR * leaseMs;
    const validUntilWall = clock.now() + VALID_FOR * leaseMs;
    try {
      const expectedRevision = this.#held?.revision ?? this.#observed?.revision ?? 'no_stream';
      const { revision } = await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired(holder, leaseMs), {
        expectedRevision,
      });
      // Of the store before, or to be read from the stream.
      if (beginning !== this.#beginning) return this.#scheduleNext();
      this.#held = { revision, validUntil, validUntilWall };
      this.#formerlyHeld = undefined;
      this.#hasHeld = true;
      this.#listener?.onRenewed(validUntilWall);
      if (!isRenewal) {
        log.info('This replica probes');
        this.#listener?.onAcquired(from);
      }
      this.#scheduleNext();
    } catch (error) {
      if (error instanceof WrongExpectedRevisionError) await this.#readCurrent();
      if (!(error instanceof DomainError)) log.error('The prober lease could not be acquired or renewed', error);
      this.#scheduleNext(leaseMs * RETRY_AFTER);
    }
  }

  /** After a conflict: either another replica wrote, or this process did and the response was lost. */
  async #readCurrent(): Promise<void> {
    try {
      const [last] = await this.options.store.readStream(PROBER_LEASE_STREAM, { direction: 'backwards', limit: 1 });
      if (!last) return;
      const isOwn = isEvent(last, LeaseAcquired) && last.data.holder === this.options.holder;
      this.#observe(last);
      // The validity stays as it was, because the time of that write is unknown; the next renewal extends it.
      if (isOwn && this.#held) this.#held = { ...this.#held, revision: last.revision };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  }
}
