import { defineEvent, type NewEvent } from '../../../event-store/domain/index.js';
import { integer, object, parseData, string } from '../../../common/parse.js';
import { UPTIME_SOURCE } from '../status/service-status-changed.js';

/** The replica that wrote its last event probes; the others stand by. */
export const PROBER_LEASE_STREAM = 'system-prober-lease';

/** A replica acquired or renewed the lease. No other replica acquires it within `leaseMs` of this event. */
export interface LeaseAcquired {
  /** Letters and digits; unique for each start of a process. */
  readonly holder: string;
  readonly leaseMs: number;
}

/** The holder released the lease: another replica can acquire it immediately. */
export interface LeaseReleased {
  readonly holder: string;
}

export const LeaseAcquired = defineEvent<'LeaseAcquired', LeaseAcquired>({
  type: 'LeaseAcquired',
  schemaVersion: 1,
  parse: (data) => parseData(object({ holder: string, leaseMs: integer(0) }), data),
});

export const LeaseReleased = defineEvent<'LeaseReleased', LeaseReleased>({
  type: 'LeaseReleased',
  schemaVersion: 1,
  parse: (data) => parseData(object({ holder: string }), data),
});

export function leaseAcquired(holder: string, leaseMs: number): NewEvent<'LeaseAcquired', LeaseAcquired> {
  return { type: LeaseAcquired.type, data: { holder, leaseMs }, metadata: { source: UPTIME_SOURCE } };
}

export function leaseReleased(holder: string): NewEvent<'LeaseReleased', LeaseReleased> {
  return { type: LeaseReleased.type, data: { holder }, metadata: { source: UPTIME_SOURCE } };
}
