/** A recurring time in the wall clock of a time zone, and the duration of each occurrence. */
export interface Recurrence {
  /** An RFC 5545 RRULE without DTSTART, `FREQ=WEEKLY;BYDAY=SU`, or a cron expression of five fields, `0 2 * * SUN`. */
  readonly rule: string;
  /** IANA name of the time zone whose wall clock the rule follows. */
  readonly timezone: string;
  /** Elapsed milliseconds of each occurrence, regardless of clock changes during it. */
  readonly durationMs: number;
  /** No occurrence starts at or after this time, in milliseconds since 1970; absent: unlimited. */
  readonly until?: number;
}

/**
 * A recurrence and its start, in milliseconds since 1970: no occurrence is earlier, and it is the DTSTART of an RRULE.
 */
export interface RecurrenceSeries {
  readonly from: number;
  readonly recurrence: Recurrence;
}

export const MAX_RULE_LENGTH = 500;
export const MAX_OCCURRENCE_MS = 31 * 86_400_000;
/** A rule with more occurrences is not maintenance, and expanding it would take too long. */
export const MAX_OCCURRENCES = { count: 1_000, withinMs: 30 * 86_400_000 };
