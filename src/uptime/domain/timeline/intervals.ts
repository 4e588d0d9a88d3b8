import { type CorrectedRange, type Correction, effectiveCorrections } from './corrections.js';
import { type ServiceStatus } from '../status/service-status.js';
import { type TimeRange } from './time-ranges.js';
import { type StatusChange } from '../status/status-change.js';
import { NO_TOTALS, type StatusTotals } from './status-totals.js';

/** A time range in which a service had one status. */
export interface StatusInterval extends TimeRange {
  readonly status: ServiceStatus;
  /** Set during maintenance. */
  readonly maintenance?: true;
  /** Set if the status comes from a correction instead of the probes. */
  readonly corrected?: true;
}

/** Everything recorded about a service that affects a window. */
export interface StatusHistory {
  /** The status at the beginning of the window; absent if none was confirmed by then. */
  readonly before?: Pick<StatusChange, 'status'>;
  /** Changes within the window, in order of time. */
  readonly changes: readonly Pick<StatusChange, 'status' | 'at'>[];
  /** When the service was probed; in order, disjoint. */
  readonly covered: readonly TimeRange[];
  /** Maintenance that overlaps the window; in order, disjoint. */
  readonly maintenance?: readonly TimeRange[];
  /** In the order in which they were made; those outside the window have no effect. */
  readonly corrections?: readonly Pick<Correction, 'from' | 'to' | 'status'>[];
}

/**
 * The intervals that tile a window, without gap or overlap; adjacent ones differ in status, maintenance or correction.
 * The status is `unknown` while the service was not probed, whatever was confirmed before; a correction overrides it.
 *
 * A single pass over the history.
 */
export function statusIntervals(
  window: TimeRange,
  { before, changes, covered, maintenance = [], corrections = [] }: StatusHistory,
): StatusInterval[] {
  const confirmed = new StatusCursor(before?.status ?? 'unknown', changes);
  const probed = new RangeCursor(covered);
  const maintained = new RangeCursor(maintenance);
  const corrected = new RangeCursor<CorrectedRange>(effectiveCorrections(corrections));

  const intervals: StatusInterval[] = [];
  for (let from = window.from; from < window.to;) {
    const status = confirmed.statusAt(from);
    const isProbed = probed.at(from) !== undefined;
    const correction = corrected.at(from);
    const isMaintained = maintained.at(from) !== undefined;
    const to = Math.min(window.to, confirmed.next, probed.next, corrected.next, maintained.next);
    append(intervals, {
      status: correction?.status ?? (isProbed ? status : 'unknown'),
      from,
      to,
      ...(isMaintained ? { maintenance: true } : {}),
      ...(correction ? { corrected: true } : {}),
    });
    from = to;
  }
  return intervals;
}

/** Exact: the total is the length of the window that the intervals tile. */
export function sumIntervals(intervals: readonly StatusInterval[]): StatusTotals {
  const { maintenance, ...outside } = NO_TOTALS;
  const totals = { outside: { ...outside }, within: { ...maintenance } };
  for (const interval of intervals)
    totals[interval.maintenance ? 'within' : 'outside'][interval.status] += interval.to - interval.from;
  return { ...totals.outside, maintenance: totals.within };
}

function append(intervals: StatusInterval[], next: StatusInterval): void {
  const last = intervals.at(-1);
  const isSame =
    last?.status === next.status && last.maintenance === next.maintenance && last.corrected === next.corrected;
  if (isSame) intervals[intervals.length - 1] = { ...last, to: next.to };
  else intervals.push(next);
}

/** Forward-only cursor over disjoint ranges: times must not decrease from call to call. */
class RangeCursor<Range extends TimeRange = TimeRange> {
  #index = 0;
  /** The next time at which the result of {@link at} changes. */
  next = Infinity;

  constructor(private readonly ranges: readonly Range[]) {}

  /** The range that contains a time. */
  at(time: number): Range | undefined {
    let range = this.ranges[this.#index];
    while (range && range.to <= time) range = this.ranges[++this.#index];
    if (!range) {
      this.next = Infinity;
      return undefined;
    }
    const isWithin = range.from <= time;
    this.next = isWithin ? range.to : range.from;
    return isWithin ? range : undefined;
  }
}

/** Forward-only cursor over status changes: times must not decrease from call to call. */
class StatusCursor {
  #index = 0;
  /** The next time at which the result of {@link statusAt} changes. */
  next = Infinity;

  constructor(
    private status: ServiceStatus,
    private readonly changes: StatusHistory['changes'],
  ) {}

  statusAt(time: number): ServiceStatus {
    let change = this.changes[this.#index];
    for (; change && change.at <= time; change = this.changes[++this.#index]) this.status = change.status;
    this.next = change?.at ?? Infinity;
    return this.status;
  }
}
