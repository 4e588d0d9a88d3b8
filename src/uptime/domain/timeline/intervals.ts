import { type CorrectedRange, type Correction, flattenCorrections } from './corrections.js';
import { type ServiceStatus } from '../status/service-status.js';
import { type TimeRange } from './time-ranges.js';
import { type StatusChange } from '../status/status-change.js';
import { NO_TOTALS, type StatusTotals } from './status-totals.js';

/** A stretch of time in which a service had one status. */
export interface StatusInterval extends TimeRange {
  readonly status: ServiceStatus;
  /** There was maintenance. */
  readonly maintenance?: true;
  /** The status is what a correction says, not what the probes do. */
  readonly corrected?: true;
}

/** What is known of a service around a window. */
export interface KnownHistory {
  /** The status that the window began with; absent: none was confirmed by then. */
  readonly before?: Pick<StatusChange, 'status'>;
  /** Changes within the window, in order of time. */
  readonly changes: readonly Pick<StatusChange, 'status' | 'at'>[];
  /** When the service was probed; in order, disjoint. */
  readonly covered: readonly TimeRange[];
  /** When there was maintenance, as far as it touches the window; in order, disjoint. None where absent. */
  readonly maintenance?: readonly TimeRange[];
  /** In the order they were made in; those that do not touch the window change nothing. None where absent. */
  readonly corrections?: readonly Pick<Correction, 'from' | 'to' | 'status'>[];
}

/**
 * The intervals that tile a window, without gap or overlap; neighbours differ in their status, or in one of them being maintenance or
 * corrected. Where nobody probed the status is `unknown`, whatever was confirmed before; where a correction holds, it is what that says.
 *
 * One pass over all that is known, each list once.
 */
export function intervalsIn(
  window: TimeRange,
  { before, changes, covered, maintenance = [], corrections = [] }: KnownHistory,
): StatusInterval[] {
  const confirmed = new Changes(before?.status ?? 'unknown', changes);
  const probed = new Spans(covered);
  const maintained = new Spans(maintenance);
  const corrected = new Spans<CorrectedRange>(flattenCorrections(corrections));

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

/** Exact: the sum of all is the length of the window that the intervals tile. */
export function totalsOf(intervals: readonly StatusInterval[]): StatusTotals {
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

/** A walk through spans that are in order and disjoint. Moments must be asked for in order. */
class Spans<Kind extends TimeRange = TimeRange> {
  #index = 0;
  /** When what was found last ends. */
  next = Infinity;

  constructor(private readonly spans: readonly Kind[]) {}

  /** The span that a moment belongs to. */
  at(time: number): Kind | undefined {
    let span = this.spans[this.#index];
    while (span && span.to <= time) span = this.spans[++this.#index];
    if (!span) {
      this.next = Infinity;
      return undefined;
    }
    const isWithin = span.from <= time;
    this.next = isWithin ? span.to : span.from;
    return isWithin ? span : undefined;
  }
}

/** A walk through changes in order. Moments must be asked for in order. */
class Changes {
  #index = 0;
  /** When what was found last ends. */
  next = Infinity;

  constructor(
    private status: ServiceStatus,
    private readonly changes: KnownHistory['changes'],
  ) {}

  statusAt(time: number): ServiceStatus {
    let change = this.changes[this.#index];
    for (; change && change.at <= time; change = this.changes[++this.#index]) this.status = change.status;
    this.next = change?.at ?? Infinity;
    return this.status;
  }
}
