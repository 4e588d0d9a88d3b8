import { defineEvent, type EventDataOf, type NewEvent } from '../../../event-store/domain/index.js';
import { integer, object, string } from '../../../common/parse.js';
import { uptimeEvent } from '../event-data.js';

/** The replica that wrote its last event probes; the others stand by. */
export const PROBER_LEASE_STREAM = 'system-prober-lease';

/** A replica acquired or renewed the lease. No other replica acquires it within `leaseMs` of this event. */
export const LeaseAcquired = defineEvent({
  type: 'LeaseAcquired',
  parse: object({
    /** Letters and digits; unique for each start of a process. */
    holder: string,
    leaseMs: integer(0),
  }),
});
export type LeaseAcquired = EventDataOf<typeof LeaseAcquired>;

/** The holder released the lease: another replica can acquire it immediately. */
export const LeaseReleased = defineEvent({ type: 'LeaseReleased', parse: object({ holder: string }) });
export type LeaseReleased = EventDataOf<typeof LeaseReleased>;

export function leaseAcquired(holder: string, leaseMs: number): NewEvent<'LeaseAcquired', LeaseAcquired> {
  return uptimeEvent(LeaseAcquired, { holder, leaseMs });
}

export function leaseReleased(holder: string): NewEvent<'LeaseReleased', LeaseReleased> {
  return uptimeEvent(LeaseReleased, { holder });
}
