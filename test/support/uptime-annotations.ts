/** Paths of the annotations of the service `http`. */
export const MAINTENANCE = '/api/uptime/service/http/maintenance';
export const CORRECTIONS = '/api/uptime/service/http/corrections';

export const HOUR_MS = 3_600_000;

/** Recurrence of an hour each night. */
export const NIGHTLY = {
  rule: 'FREQ=DAILY;BYHOUR=2;BYMINUTE=0;BYSECOND=0',
  timezone: 'Europe/Amsterdam',
  durationMs: HOUR_MS,
};

/** The time that is `milliseconds` after now, in ISO 8601. */
export const fromNow = (milliseconds: number): string => new Date(Date.now() + milliseconds).toISOString();
