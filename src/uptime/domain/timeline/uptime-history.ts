import { type MaintenanceWindow } from '../maintenance/maintenance-window.js';
import { type StatusChange } from '../status/status-change.js';
import { type Correction } from './corrections.js';
import { type StatusTotals } from './status-totals.js';
import { type TimeRange } from './time-ranges.js';

/** What the streams say, ready to be asked: the port that the read model implements. */
export interface UptimeHistory {
  /** Names of the services that have a stream, in alphabetical order. */
  services(): string[];
  /** The last change at or before a moment in milliseconds since 1970; of all times where none is given. */
  lastChange(service: string, at?: number): StatusChange | undefined;
  /** Changes within a window, in order. */
  changesIn(service: string, window: TimeRange): StatusChange[];
  /** When the service was probed, as far as it touches the window; in order, disjoint. */
  coveredIn(service: string, window: TimeRange): TimeRange[];
  /** All that was ever scheduled, with its cancellation where it was cancelled; in the order it was scheduled in. */
  maintenance(service: string): readonly MaintenanceWindow[];
  /** All corrections, in the order they were made in. */
  corrections(service: string): readonly Correction[];
  /**
   * The totals of a window, of what is recorded: exactly what its intervals add up to, in a time that does not depend
   * on its length where it ends no later than {@link finalUntil}, or has little recorded behind that.
   */
  totalsIn(service: string, window: TimeRange): StatusTotals;
  /**
   * The beginning (UTC) of the day that the service was last probed in, as far as that is recorded: what this process
   * knows beyond the streams does not concern what was before. Undefined for a service that was never probed.
   */
  finalUntil(service: string): number | undefined;
}

/** Injection token of {@link UptimeHistory}. */
export const UPTIME_HISTORY = Symbol('UPTIME_HISTORY');
