import { validationError } from '../../../event-store/domain/index.js';
import { type TimeRange } from '../../domain/index.js';

export const HOUR_MS = 3_600_000;
export const DEFAULT_HOURS = 24;
/** Of a window: a year. */
export const MAX_HOURS = 8_760;

/** Window of a query: `hours` until `to`, or from `from` until `to`. `from` and `to` in milliseconds since 1970. */
export interface RequestedWindow {
  /** {@link DEFAULT_HOURS} without `from`. */
  readonly hours?: number | undefined;
  readonly from?: number | undefined;
  /** Now if it is absent or later. */
  readonly to?: number | undefined;
}

/** @throws ValidationError for `from` with `hours`, and for an empty window or one of more than {@link MAX_HOURS} */
export function windowOf({ hours, from, to: end }: RequestedWindow, now: number): TimeRange {
  const to = Math.min(end ?? now, now);
  if (from === undefined) return { from: to - (hours ?? DEFAULT_HOURS) * HOUR_MS, to };
  const refuse = (problem: string): never => {
    throw validationError([{ path: 'from', problem }]);
  };
  if (hours !== undefined) refuse('cannot be combined with hours; use from and to, or hours and to');
  const endName = to === end ? 'to' : 'now';
  if (from >= to) refuse(`must be earlier than ${endName}`);
  if (to - from > MAX_HOURS * HOUR_MS) refuse(`must be at most ${MAX_HOURS} hours before ${endName}`);
  return { from, to };
}
