import { defineEvent, type NewEvent } from '../../../event-store/domain/index.js';
import { integer, object, type Parsed, parseData, string } from '../../../common/parse.js';
import { uptimeEvent } from '../event-data.js';

/** The replica that wrote its last event probes; the others stand by. */
export const PROBER_LEASE_STREAM = 'system-prober-lease';

const leaseAcquiredData = object({
  /** Letters and digits; unique for each start of a process. */
  holder: string,
  leaseMs: integer(0),
});
const leaseReleasedData = object({ holder: string });

/** A replica acquired or renewed the lease. No other replica acquires it within `leaseMs` of this event. */
export type LeaseAcquired = Parsed<typeof leaseAcquiredData>;
export const LeaseAcquired = defineEvent({
  type: 'LeaseAcquired',
  schemaVersion: 1,
  parse: (data) => parseData(leaseAcquiredData, data),
});

/** The holder released the lease: another replica can acquire it immediately. */
export type LeaseReleased = Parsed<typeof leaseReleasedData>;
export const LeaseReleased = defineEvent({
  type: 'LeaseReleased',
  schemaVersion: 1,
  parse: (data) => parseData(leaseReleasedData, data),
});

export function leaseAcquired(holder: string, leaseMs: number): NewEvent<'LeaseAcquired', LeaseAcquired> {
  return uptimeEvent(LeaseAcquired, { holder, leaseMs });
}

export function leaseReleased(holder: string): NewEvent<'LeaseReleased', LeaseReleased> {
  return uptimeEvent(LeaseReleased, { holder });
}
