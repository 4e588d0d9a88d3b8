/** Again and again: when something begins, by the wall clock of a time zone, and how long it lasts each time. */
export interface Recurrence {
  /** An RRULE as RFC 5545 has it, `FREQ=WEEKLY;BYDAY=SU`, without DTSTART; or a cron expression of five fields, `0 2 * * SUN`. */
  readonly rule: string;
  /** IANA name of the time zone whose wall clock the rule is about. */
  readonly timezone: string;
  /** How long each occurrence lasts: milliseconds that pass, also where the clocks are changed meanwhile. */
  readonly durationMs: number;
  /** No occurrence begins at or after this moment, in milliseconds since 1970; absent: it goes on for ever. */
  readonly until?: number;
}

/** A recurrence and its beginning, in milliseconds since 1970: no occurrence is earlier, and it is DTSTART to an RRULE. */
export interface Recurring {
  readonly from: number;
  readonly recurrence: Recurrence;
}

export const MAX_RULE_LENGTH = 500;
export const MAX_OCCURRENCE_MS = 31 * 86_400_000;
/** A rule that comes up more often is no maintenance, and would take long to work out. */
export const MAX_OCCURRENCES = { count: 1_000, withinMs: 30 * 86_400_000 };
