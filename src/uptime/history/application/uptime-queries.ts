import { type Clock } from '../../../event-store/domain/index.js';
import {
  addTotals,
  countsAsUp,
  DEFAULT_POLICY,
  computeFigures,
  maxSampleGapMs,
  statusIntervals,
  type StatusHistory,
  maintenanceAt,
  maintenanceIn,
  type MaintenanceOccurrence,
  type ServiceStatus,
  type TimeRange,
  type StatusChange,
  type StatusInterval,
  type StatusTotals,
  sumIntervals,
  type UptimeFigures,
  type UptimePolicy,
  addTimeRange,
  type LiveServices,
  assertServiceExists,
  type ProbeAttempt,
  type UptimeHistory,
} from '../../domain/index.js';

export const HOUR_MS = 3_600_000;

/** Where a service stands now. */
export interface CurrentStatus {
  readonly serviceName: string;
  /** `unknown` where nobody probes it at the moment, whatever was confirmed last. */
  readonly currentStatus: ServiceStatus;
  /** The last confirmed change, also where the status is unknown now. */
  readonly lastChange: StatusChange | undefined;
  /** The last probe of this process, confirmed or not. */
  readonly lastProbe: ProbeAttempt | undefined;
  /** The maintenance that goes on now; of several the one that ends last. */
  readonly maintenance: MaintenanceOccurrence | undefined;
}

export interface ServiceSummary extends CurrentStatus, UptimeFigures {
  readonly isCurrentlyUp: boolean;
}

/** An interval of the timeline, with the change that began it where it began with one. */
export interface TimelineInterval extends StatusInterval {
  readonly change: StatusChange | undefined;
}

export interface ServiceTimeline extends ServiceSummary {
  readonly window: TimeRange;
  /** They tile the window. */
  readonly intervals: readonly TimelineInterval[];
}

/** Changes that are known, wherever from. */
interface KnownChanges {
  /** Not in the read model yet: waiting for the store, or only just appended. In order, later than `recorded`. */
  readonly unread: readonly StatusChange[];
  readonly last: StatusChange | undefined;
}

/** What is known around a window, with all that is known of the changes. */
interface ChangeHistory extends StatusHistory {
  readonly changes: readonly StatusChange[];
}

/** Answers questions about uptime, from what the streams say and what the monitors of this process know beyond that. */
export class UptimeQueries {
  constructor(
    private readonly history: UptimeHistory,
    private readonly live: LiveServices,
    private readonly clock: Clock,
  ) {}

  /** Services that are probed, in their order, and after them those that only have history. */
  services(): string[] {
    return [...new Set([...this.live.monitors.keys(), ...this.history.services()])];
  }

  status(): CurrentStatus[] {
    const now = this.clock.now();
    return this.services().map((name) => this.#current(name, now));
  }

  summary(hours: number, policy?: UptimePolicy): ServiceSummary[] {
    const window = this.#windowOf(hours);
    return this.services().map((name) => this.#summarize(name, window, this.#totalsIn(name, window), policy));
  }

  /** @throws as {@link assertServiceExists} */
  service(name: string, hours: number, policy?: UptimePolicy): ServiceSummary {
    assertServiceExists(name, this.live, this.history);
    const window = this.#windowOf(hours);
    return this.#summarize(name, window, this.#totalsIn(name, window), policy);
  }

  /** @throws as {@link assertServiceExists} */
  timeline(name: string, hours: number, policy?: UptimePolicy): ServiceTimeline {
    assertServiceExists(name, this.live, this.history);
    const window = this.#windowOf(hours);
    const known = this.#historyIn(name, window);
    const intervals = statusIntervals(window, known);
    const begunBy = new Map(known.changes.map((change) => [change.at, change]));
    return {
      ...this.#summarize(name, window, sumIntervals(intervals), policy),
      window,
      intervals: intervals.map((interval) => {
        const change = begunBy.get(interval.from);
        return { ...interval, change: change?.status === interval.status ? change : undefined };
      }),
    };
  }

  #summarize(
    name: string,
    window: TimeRange,
    totals: StatusTotals,
    policy: UptimePolicy = DEFAULT_POLICY,
  ): ServiceSummary {
    const current = this.#current(name, window.to);
    return {
      ...current,
      ...computeFigures(totals, policy),
      isCurrentlyUp: countsAsUp(current.currentStatus, policy, current.maintenance !== undefined),
    };
  }

  /** What the intervals of a window add up to. Of the days that are over, the history knows it without looking at them one by one. */
  #totalsIn(name: string, window: TimeRange): StatusTotals {
    const [firstUnread] = this.#latestChanges(name).unread;
    const settled = Math.min(this.history.finalUntil(name) ?? window.from, firstUnread?.at ?? Infinity, window.to);
    if (settled <= window.from) return sumIntervals(statusIntervals(window, this.#historyIn(name, window)));
    const rest = { from: settled, to: window.to };
    return addTotals(
      this.history.totalsIn(name, { from: window.from, to: settled }),
      sumIntervals(statusIntervals(rest, this.#historyIn(name, rest))),
    );
  }

  #current(name: string, now: number): CurrentStatus {
    const { last } = this.#latestChanges(name);
    const lastProbed = this.#covered(name, { from: now, to: now }).at(-1)?.to ?? -Infinity;
    return {
      serviceName: name,
      currentStatus: lastProbed >= now ? (last?.status ?? 'unknown') : 'unknown',
      lastChange: last,
      lastProbe: this.live.monitors.get(name)?.lastProbe,
      maintenance: maintenanceAt(this.history.maintenance(name), now),
    };
  }

  #historyIn(name: string, window: TimeRange): ChangeHistory {
    const { unread } = this.#latestChanges(name);
    const before = unread.findLast(({ at }) => at < window.from) ?? this.history.lastChange(name, window.from - 1);
    const changes = [
      ...this.history.changesIn(name, window),
      ...unread.filter(({ at }) => at >= window.from && at < window.to),
    ];
    return {
      ...(before ? { before } : {}),
      changes,
      covered: this.#covered(name, window),
      maintenance: maintenanceIn(this.history.maintenance(name), window),
      corrections: this.history.corrections(name),
    };
  }

  #latestChanges(name: string): KnownChanges {
    const recorded = this.history.lastChange(name);
    // Where another replica has recorded a later change, that outweighs what this process knew.
    const unread = (this.live.monitors.get(name)?.latestChanges ?? []).filter(
      ({ at, eventId }) => !recorded || (at >= recorded.at && eventId !== recorded.eventId),
    );
    return { unread, last: unread.at(-1) ?? recorded };
  }

  /** When the service was probed; up to the window's end where its last probe is not longer ago than the next one may take. */
  #covered(name: string, window: TimeRange): TimeRange[] {
    const live = this.live.monitors.get(name);
    const toleranceMs = live ? maxSampleGapMs(live.service) : 0;
    const around = { from: window.from - toleranceMs, to: window.to };
    const covered = (live?.covered ?? []).reduce<TimeRange[]>(
      (spans, span) => addTimeRange(spans, span, toleranceMs),
      this.history.coveredIn(name, around),
    );
    const last = covered.at(-1);
    return last && last.to < window.to && window.to - last.to <= toleranceMs
      ? addTimeRange(covered, { from: last.to, to: window.to }, 0)
      : covered;
  }

  #windowOf(hours: number): TimeRange {
    const to = this.clock.now();
    return { from: to - hours * HOUR_MS, to };
  }
}
