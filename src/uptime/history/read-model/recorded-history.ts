import {
  type Correction,
  type StatusHistory,
  maintenanceIn,
  type MaintenanceWindow,
  type TimeRange,
  type StatusChange,
} from '../../domain/index.js';
import { type ServiceKey, type StoredChange, type TimeKey, type UptimeTables } from './uptime-tables.js';

/** Last change at or before an instant. */
export function lastChange({ changes }: UptimeTables, service: string, at: number): StatusChange | undefined {
  const [last] = changes.getRange({ start: [service, at + 1], end: [service], reverse: true, limit: 1 });
  return last && changeOf(last);
}

export function changesIn({ changes }: UptimeTables, service: string, { from, to }: TimeRange): StatusChange[] {
  return [...changes.getRange({ start: [service, from], end: [service, to] })].map(changeOf);
}

/** Ranges that touch a window. */
export function coveredIn({ covered }: UptimeTables, service: string, { from, to }: TimeRange): TimeRange[] {
  const [before] = covered.getRange({ start: [service, from - 1], end: [service], reverse: true, limit: 1 });
  const within = covered.getRange({ start: [service, from], end: [service, to + 1] });
  const ranges = [...(before ? [before] : []), ...within].map(spanOf);
  return ranges.filter((span) => span.to >= from);
}

/** All windows, in the order they were scheduled. */
export function maintenanceOf({ maintenance }: UptimeTables, service: string): MaintenanceWindow[] {
  return [...maintenance.getRange({ start: [service], end: [service, Infinity] })].map(({ value }) => value);
}

/** All corrections, in the order they were recorded. */
export function correctionsOf({ corrections }: UptimeTables, service: string): Correction[] {
  return [...corrections.getRange({ start: [service], end: [service, Infinity] })].map(({ value }) => value);
}

/** Time of the first probe; undefined without probes. */
export function firstProbed({ covered }: UptimeTables, service: string): number | undefined {
  const [first] = covered.getKeys({ start: [service], end: [service, Infinity], limit: 1 });
  return first?.[1];
}

/** Time of the last probe; undefined without probes. */
export function lastProbed({ covered }: UptimeTables, service: string): number | undefined {
  const [last] = covered.getRange({ start: [service, Infinity], end: [service], reverse: true, limit: 1 });
  return last?.value;
}

export function recordedHistoryIn(tables: UptimeTables, service: string, window: TimeRange): StatusHistory {
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
