import {
  type Correction,
  type StatusHistory,
  maintenanceIn,
  type MaintenanceWindow,
  type TimeRange,
  type StatusChange,
} from '../../domain/index.js';
import { type ServiceKey, type StoredChange, type TimeKey, type UptimeTables } from './uptime-tables.js';

/** The last change at or before a moment. */
export function lastChange({ changes }: UptimeTables, service: string, at: number): StatusChange | undefined {
  const [last] = changes.getRange({ start: [service, at + 1], end: [service], reverse: true, limit: 1 });
  return last && changeOf(last);
}

export function changesIn({ changes }: UptimeTables, service: string, { from, to }: TimeRange): StatusChange[] {
  return [...changes.getRange({ start: [service, from], end: [service, to] })].map(changeOf);
}

/** The spans that touch a window. */
export function coveredIn({ covered }: UptimeTables, service: string, { from, to }: TimeRange): TimeRange[] {
  const [before] = covered.getRange({ start: [service, from - 1], end: [service], reverse: true, limit: 1 });
  const within = covered.getRange({ start: [service, from], end: [service, to + 1] });
  const spans = [...(before ? [before] : []), ...within].map(spanOf);
  return spans.filter((span) => span.to >= from);
}

/** All that was ever scheduled, in that order. */
export function maintenanceOf({ maintenance }: UptimeTables, service: string): MaintenanceWindow[] {
  return [...maintenance.getRange({ start: [service], end: [service, Infinity] })].map(({ value }) => value);
}

/** All corrections, in the order they were made in. */
export function correctionsOf({ corrections }: UptimeTables, service: string): Correction[] {
  return [...corrections.getRange({ start: [service], end: [service, Infinity] })].map(({ value }) => value);
}

/** When a service was first probed; undefined for one that never was. */
export function firstProbed({ covered }: UptimeTables, service: string): number | undefined {
  const [first] = covered.getKeys({ start: [service], end: [service, Infinity], limit: 1 });
  return first?.[1];
}

/** When a service was last probed; undefined for one that never was. */
export function lastProbed({ covered }: UptimeTables, service: string): number | undefined {
  const [last] = covered.getRange({ start: [service, Infinity], end: [service], reverse: true, limit: 1 });
  return last?.value;
}

/** All that is recorded about a window. */
export function knownIn(tables: UptimeTables, service: string, window: TimeRange): StatusHistory {
  const before = lastChange(tables, service, window.from - 1);
  return {
    ...(before ? { before } : {}),
    changes: changesIn(tables, service, window),
    covered: coveredIn(tables, service, window),
    maintenance: maintenanceIn(maintenanceOf(tables, service), window),
    corrections: correctionsOf(tables, service),
  };
}

function changeOf({
  key,
  value,
}: {
  key: readonly [service: string, at?: number, revision?: number];
  value: StoredChange;
}): StatusChange {
  const [serviceName, at = 0] = key;
  return { serviceName, at, ...value };
}

export function spanOf({ key, value }: { key: TimeKey | ServiceKey; value: number }): TimeRange {
  const [, from = 0] = key;
  return { from, to: value };
}
