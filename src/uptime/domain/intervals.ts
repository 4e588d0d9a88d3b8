import { type ServiceStatus } from './service-status.js';
import { type Span } from './spans.js';
import { type StatusChange } from './status-change.js';

/** A stretch of time in which a service had one status. */
export interface StatusInterval extends Span {
  readonly status: ServiceStatus;
}

/** What is known of a service around a window. */
export interface KnownHistory {
  /** The status that the window began with; absent: none was confirmed by then. */
  readonly before?: Pick<StatusChange, 'status'>;
  /** Changes within the window, in order of time. */
  readonly changes: readonly Pick<StatusChange, 'status' | 'at'>[];
  /** When the service was probed; in order, disjoint. */
  readonly covered: readonly Span[];
}

/** Milliseconds that a service had each status; together the length of the window. */
export type StatusTotals = Readonly<Record<ServiceStatus, number>>;

/**
 * The intervals that tile a window, without gap or overlap, each of another status than its neighbours. Where nobody probed the
 * status is `unknown`, whatever was confirmed before.
 */
export function intervalsIn(window: Span, { before, changes, covered }: KnownHistory): StatusInterval[] {
  const intervals: StatusInterval[] = [];
  const add = (status: ServiceStatus, from: number, to: number): void => {
    if (to <= from) return;
    const last = intervals.at(-1);
    if (last?.status === status) intervals[intervals.length - 1] = { ...last, to };
    else intervals.push({ status, from, to });
  };
  let probed = 0;
  /** Cuts a stretch of one confirmed status into what was probed and what was not. */
  const addConfirmed = (status: ServiceStatus, from: number, to: number): void => {
    let at = from;
    for (; at < to; probed++) {
      const span = covered[probed];
      if (!span || span.from >= to) break;
      add('unknown', at, Math.min(Math.max(span.from, at), to));
      add(status, Math.max(span.from, at), Math.min(span.to, to));
      at = Math.max(at, Math.min(span.to, to));
      if (span.to > to) break;
    }
    add('unknown', at, to);
  };

  let status: ServiceStatus = before?.status ?? 'unknown';
  let from = window.from;
  for (const change of changes) {
    const at = clamp(change.at, from, window.to);
    addConfirmed(status, from, at);
    status = change.status;
    from = at;
  }
  addConfirmed(status, from, window.to);
  return intervals;
}

export function totalsOf(intervals: readonly StatusInterval[]): StatusTotals {
  const totals = { up: 0, degraded: 0, down: 0, unknown: 0 };
  for (const { status, from, to } of intervals) totals[status] += to - from;
  return totals;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
