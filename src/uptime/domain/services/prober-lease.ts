import { defineEvent, type NewEvent } from '../../../event-store/domain/index.js';
import { fieldsOf, integerOf, textOf } from '../event-data.js';
import { UPTIME_SOURCE } from '../status/service-status-changed.js';

/** Who writes the last event of it probes; the others wait. */
export const PROBER_LEASE_STREAM = 'system-prober-lease';

/** A replica took the lease, or renewed it. It holds until another one takes it, which nobody does within `leaseMs` of this event. */
export interface LeaseAcquired {
  /** Letters and digits; another one for each start of a process. */
  readonly holder: string;
  readonly leaseMs: number;
}

/** Its holder gave it back: the next one need not wait. */
export interface LeaseReleased {
  readonly holder: string;
}

export const LeaseAcquired = defineEvent<'LeaseAcquired', LeaseAcquired>({
  type: 'LeaseAcquired',
  schemaVersion: 1,
  parse: (data) => {
    const { holder, leaseMs } = fieldsOf(data, 'data');
    return { holder: textOf(holder, 'holder'), leaseMs: integerOf(leaseMs, 'leaseMs') };
  },
});

export const LeaseReleased = defineEvent<'LeaseReleased', LeaseReleased>({
  type: 'LeaseReleased',
  schemaVersion: 1,
  parse: (data) => ({ holder: textOf(fieldsOf(data, 'data').holder, 'holder') }),
});

export function leaseAcquired(holder: string, leaseMs: number): NewEvent<'LeaseAcquired', LeaseAcquired> {
  return { type: LeaseAcquired.type, data: { holder, leaseMs }, metadata: { source: UPTIME_SOURCE } };
}

export function leaseReleased(holder: string): NewEvent<'LeaseReleased', LeaseReleased> {
  return { type: LeaseReleased.type, data: { holder }, metadata: { source: UPTIME_SOURCE } };
}
