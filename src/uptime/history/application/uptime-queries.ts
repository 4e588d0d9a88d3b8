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
  uptimeTags,
} from '../../domain/index.js';

export interface ServiceStatusView {
  readonly serviceName: string;
  /** `unknown` if it is not probed now, independent of the last confirmed status. */
  readonly currentStatus: ServiceStatus;
  /** Those of its stream, then those of the services file. */
  readonly tags: readonly string[];
  /** Last confirmed change, also if the status is unknown now. */
  readonly lastChange: StatusChange | undefined;
  /** The last probe of this process, confirmed or not. */
  readonly lastProbe: ProbeAttempt | undefined;
  /** Active maintenance; of several the one that ends last. */
  readonly maintenance: MaintenanceOccurrence | undefined;
  /** By the configuration: unknown until it is resumed. */
  readonly isPaused: boolean;
  /** No longer configured: unknown, but its history remains. */
  readonly isRemoved: boolean;
}

export interface ServiceSummary extends ServiceStatusView, UptimeFigures {
  readonly isCurrentlyUp: boolean;
}

/** With the status change at its start, if there is one. */
export interface TimelineInterval extends StatusInterval {
  readonly change: StatusChange | undefined;
}

export interface ServiceTimeline extends ServiceSummary {
  readonly window: TimeRange;
  /** Cover the window without gaps or overlaps. */
  readonly intervals: readonly TimelineInterval[];
}

/** Services of a list. */
export interface ServiceFilter {
  /** Also those that are no longer configured. */
  readonly removed?: boolean;
  /** Only those with this tag. */
  readonly tag?: string | undefined;
}

interface ChangeHistory extends StatusHistory {
  readonly changes: readonly StatusChange[];
}

/** Uptime queries on the read model, combined with the state of this process that is not recorded yet. */
export class UptimeQueries {
  constructor(
    private readonly history: UptimeHistory,
    private readonly live: LiveServices,
    private readonly clock: Clock,
  ) {}

  /** Configured services in order; with the removed ones, then those that only have history. */
  services({ removed, tag }: ServiceFilter = {}): string[] {
    const configured = this.live.monitors.keys();
    const names = removed ? [...new Set([...configured, ...this.history.services()])] : [...configured];
    return tag === undefined ? names : names.filter((name) => this.#tagsOf(name).includes(tag));
  }

  status(filter?: ServiceFilter): ServiceStatusView[] {
    const now = this.clock.now();
    return this.services(filter).map((name) => this.#current(name, now));
  }

  /** Figures of a window that has passed, each with the status now. */
  summary(window: TimeRange, policy?: UptimePolicy, filter?: ServiceFilter): ServiceSummary[] {
    const now = this.clock.now();
    return this.services(filter).map((name) => this.#summarize(name, this.#totalsIn(name, window, now), now, policy));
  }

  /** As {@link summary}. @throws as {@link assertServiceExists} */
  service(name: string, window: TimeRange, policy?: UptimePolicy): ServiceSummary {
    assertServiceExists(name, this.live, this.history);
    const now = this.clock.now();
    return this.#summarize(name, this.#totalsIn(name, window, now), now, policy);
  }

  /** As {@link summary}. @throws as {@link assertServiceExists} */
  timeline(name: string, window: TimeRange, policy?: UptimePolicy): ServiceTimeline {
    assertServiceExists(name, this.live, this.history);
    const now = this.clock.now();
    const history = this.#historyIn(name, window, now);
    const intervals = statusIntervals(window, history);
    const changesByStart = new Map(history.changes.map((change) => [change.at, change]));
    return {
      ...this.#summarize(name, sumIntervals(intervals), now, policy),
      window,
      intervals: intervals.map((interval) => {
        const change = changesByStart.get(interval.from);
        return { ...interval, change: change?.status === interval.status ? change : undefined };
      }),
    };
  }

  #summarize(name: string, totals: StatusTotals, now: number, policy: UptimePolicy = DEFAULT_POLICY): ServiceSummary {
    const current = this.#current(name, now);
    return {
      ...current,
      ...computeFigures(totals, policy),
      isCurrentlyUp: countsAsUp(current.currentStatus, policy, current.maintenance !== undefined),
    };
  }

  /** Sum of the intervals of a window. Finished days come from the precomputed daily totals. */
  #totalsIn(name: string, window: TimeRange, now: number): StatusTotals {
    const [firstPending] = this.#latestChanges(name).pending;
    const finalUntil = Math.min(this.history.finalUntil(name) ?? window.from, firstPending?.at ?? Infinity, window.to);
    if (finalUntil <= window.from) return sumIntervals(statusIntervals(window, this.#historyIn(name, window, now)));
    const rest = { from: finalUntil, to: window.to };
    return addTotals(
      this.history.totalsIn(name, { from: window.from, to: finalUntil }),
      sumIntervals(statusIntervals(rest, this.#historyIn(name, rest, now))),
    );
  }

  #current(name: string, now: number): ServiceStatusView {
    const { last } = this.#latestChanges(name);
    const live = this.live.monitors.get(name);
    const isProbed = live !== undefined && !live.service.isPaused;
    const lastProbed = this.#covered(name, { from: now, to: now }, now).at(-1)?.to ?? -Infinity;
    return {
      serviceName: name,
      currentStatus: isProbed && lastProbed >= now ? (last?.status ?? 'unknown') : 'unknown',
      tags: this.#tagsOf(name),
      lastChange: last,
      lastProbe: live?.lastProbe,
      maintenance: maintenanceAt(this.history.maintenance(name), now),
      isPaused: live?.service.isPaused ?? false,
      isRemoved: live === undefined,
    };
  }

  #historyIn(name: string, window: TimeRange, now: number): ChangeHistory {
    const { pending } = this.#latestChanges(name);
    const before = pending.findLast(({ at }) => at < window.from) ?? this.history.lastChange(name, window.from - 1);
    const changes = [
      ...this.history.changesIn(name, window),
      ...pending.filter(({ at }) => at >= window.from && at < window.to),
    ];
    return {
      ...(before ? { before } : {}),
      changes,
      covered: this.#covered(name, window, now),
      maintenance: maintenanceIn(this.history.maintenance(name), window),
      corrections: this.history.corrections(name),
    };
  }

  /** `pending`: not appended or not projected yet; in order, later than every change in the read model. */
  #latestChanges(name: string): { readonly pending: readonly StatusChange[]; readonly last: StatusChange | undefined } {
    const recorded = this.history.lastChange(name);
    // A later change that another replica has recorded takes precedence over those of this process.
    const pending = (this.live.monitors.get(name)?.latestChanges ?? []).filter(
      ({ at, eventId }) => !recorded || (at >= recorded.at && eventId !== recorded.eventId),
    );
    return { pending, last: pending.at(-1) ?? recorded };
  }

  /** The probed ranges, extended to the end of the window if the last probe is within the tolerance of now. */
  #covered(name: string, window: TimeRange, now: number): TimeRange[] {
    const live = this.live.monitors.get(name);
    const toleranceMs = live ? maxSampleGapMs(live.service) : 0;
    const around = { from: window.from - toleranceMs, to: window.to };
    const covered = (live?.covered ?? []).reduce<TimeRange[]>(
      (ranges, range) => addTimeRange(ranges, range, toleranceMs),
      this.history.coveredIn(name, around),
    );
    const last = covered.at(-1);
    return last && !live?.service.isPaused && last.to < window.to && now - last.to <= toleranceMs
      ? addTimeRange(covered, { from: last.to, to: window.to }, 0)
      : covered;
  }

  #tagsOf(name: string): readonly string[] {
    return [...new Set([...uptimeTags(name), ...(this.live.monitors.get(name)?.service.tags ?? [])])];
  }
}
