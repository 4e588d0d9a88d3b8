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
  const [, year, month, day] = TIMESTAMP.exec(text)?.map(Number) ?? [];
  const milliseconds = Date.parse(text);
  if (year === undefined || month === undefined || day === undefined || Number.isNaN(milliseconds)) return undefined;
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return day <= daysInMonth ? milliseconds : undefined;
}
