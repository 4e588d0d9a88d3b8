const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

/** UTC timestamp with milliseconds (RFC 3339) of an integer of milliseconds since 1970. */
export function toTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/**
 * Milliseconds since 1970 of an RFC 3339 timestamp, whose seconds may be omitted; undefined for all else. Stricter than
 * `Date.parse`, which accepts other formats, and takes 30 February for 2 March.
 */
export function parseTimestamp(text: string): number | undefined {
  const [match, year, month, day] = TIMESTAMP.exec(text) ?? [];
  const milliseconds = match === undefined ? NaN : Date.parse(match);
  if (Number.isNaN(milliseconds)) return undefined;
  // Every month has 28 days: only later ones need a calendar.
  const isInMonth = Number(day) <= 28 || Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return isInMonth ? milliseconds : undefined;
}
