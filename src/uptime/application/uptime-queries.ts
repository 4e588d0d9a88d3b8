import { type Clock, serviceUptimeStream, StreamNotFoundError } from '../../event-store/domain/index.js';
import {
  countsAsUp,
  DEFAULT_POLICY,
  figuresOf,
  gapTolerance,
  intervalsIn,
  type KnownHistory,
  type Sample,
  type ServiceStatus,
  type Span,
  type StatusChange,
  type StatusInterval,
  totalsOf,
  type UptimeFigures,
  type UptimePolicy,
  withSpan,
} from '../domain/index.js';
import { type LiveService } from './service-monitor.js';
import { type UptimeHistory } from './uptime-history.js';

export const HOUR_MS = 3_600_000;

/** Where a service stands now. */
export interface CurrentStatus {
  readonly serviceName: string;
  /** `unknown` where nobody probes it at the moment, whatever was confirmed last. */
  readonly currentStatus: ServiceStatus;
  /** The last confirmed change, also where the status is unknown now. */
  readonly lastChange: StatusChange | undefined;
  /** The last probe of this process, confirmed or not. */
  readonly lastSample: Sample | undefined;
}

export interface ServiceSummary extends CurrentStatus, UptimeFigures {
  readonly isCurrentlyUp: boolean;
}

/** An interval of the timeline, with the change that began it where it began with one. */
export interface TimelineInterval extends StatusInterval {
  readonly change: StatusChange | undefined;
}

export interface ServiceTimeline extends ServiceSummary {
  readonly window: Span;
  /** They tile the window. */
  readonly intervals: readonly TimelineInterval[];
}

/** Changes that are known, wherever from. */
interface KnownChanges {
  /** Not in the read model yet: waiting for the store, or only just appended. In order, later than `recorded`. */
  readonly unread: readonly StatusChange[];
  readonly last: StatusChange | undefined;
}

/** Answers questions about uptime, from what the streams say and what the monitors of this process know beyond that. */
export class UptimeQueries {
  /** @param live the services that this process probes, by name, in the order they are configured in */
  constructor(
    private readonly history: UptimeHistory,
    private readonly live: () => ReadonlyMap<string, LiveService>,
    private readonly clock: Clock,
  ) {}

  /** Services that are probed, in their order, and after them those that only have history. */
  services(): string[] {
    return [...new Set([...this.live().keys(), ...this.history.services()])];
  }

  status(): CurrentStatus[] {
    const now = this.clock.now();
    return this.services().map((name) => this.#current(name, now));
  }

  summary(hours: number, policy?: UptimePolicy): ServiceSummary[] {
    return this.services().map((name) => this.#summarize(name, this.#windowOf(hours), policy).summary);
  }

  /** @throws StreamNotFoundError for a service that is neither configured nor has history; ValidationError for what cannot name one */
  service(name: string, hours: number, policy?: UptimePolicy): ServiceSummary {
    this.#mustExist(name);
    return this.#summarize(name, this.#windowOf(hours), policy).summary;
  }

  /** @throws as {@link service} does */
  timeline(name: string, hours: number, policy?: UptimePolicy): ServiceTimeline {
    this.#mustExist(name);
    const window = this.#windowOf(hours);
    const { summary, intervals, changes } = this.#summarize(name, window, policy);
    const begunBy = new Map(changes.map((change) => [change.at, change]));
    return {
      ...summary,
      window,
      intervals: intervals.map((interval) => {
        const change = begunBy.get(interval.from);
        return { ...interval, change: change?.status === interval.status ? change : undefined };
      }),
    };
  }

  #summarize(name: string, window: Span, policy: UptimePolicy = DEFAULT_POLICY): { summary: ServiceSummary; intervals: StatusInterval[]; changes: readonly StatusChange[] } {
    const known = this.#historyIn(name, window);
    const intervals = intervalsIn(window, known);
    const current = this.#current(name, window.to);
    return { summary: { ...current, ...figuresOf(totalsOf(intervals), policy), isCurrentlyUp: countsAsUp(current.currentStatus, policy) }, intervals, changes: known.changes };
  }

  #current(name: string, now: number): CurrentStatus {
    const { last } = this.#latestChanges(name);
    const lastProbed = this.#covered(name, { from: now, to: now }).at(-1)?.to ?? -Infinity;
    return { serviceName: name, currentStatus: lastProbed >= now ? (last?.status ?? 'unknown') : 'unknown', lastChange: last, lastSample: this.live().get(name)?.lastSample };
  }

  #historyIn(name: string, window: Span): KnownHistory & { readonly changes: readonly StatusChange[] } {
    const { unread } = this.#latestChanges(name);
    const before = unread.findLast(({ at }) => at < window.from) ?? this.history.lastChange(name, window.from - 1);
    const changes = [...this.history.changesIn(name, window), ...unread.filter(({ at }) => at >= window.from && at < window.to)];
    return { ...(before ? { before } : {}), changes, covered: this.#covered(name, window) };
  }

  #latestChanges(name: string): KnownChanges {
    const recorded = this.history.lastChange(name);
    // Where another replica has recorded a later change, that outweighs what this process knew.
    const unread = (this.live().get(name)?.latestChanges ?? []).filter(({ at, eventId }) => !recorded || (at >= recorded.at && eventId !== recorded.eventId));
    return { unread, last: unread.at(-1) ?? recorded };
  }

  /** When the service was probed; up to the window's end where its last probe is not longer ago than the next one may take. */
  #covered(name: string, window: Span): Span[] {
    const live = this.live().get(name);
    const toleranceMs = live ? gapTolerance(live.service) : 0;
    const around = { from: window.from - toleranceMs, to: window.to };
    const covered = (live?.covered ?? []).reduce<Span[]>((spans, span) => withSpan(spans, span, toleranceMs), this.history.coveredIn(name, around));
    const last = covered.at(-1);
    return last && last.to < window.to && window.to - last.to <= toleranceMs ? withSpan(covered, { from: last.to, to: window.to }, 0) : covered;
  }

  #windowOf(hours: number): Span {
    const to = this.clock.now();
    return { from: to - hours * HOUR_MS, to };
  }

  #mustExist(name: string): void {
    const streamName = serviceUptimeStream(name);
    if (!this.services().includes(name)) throw new StreamNotFoundError(streamName);
  }
}
