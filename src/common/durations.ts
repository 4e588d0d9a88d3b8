const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const DURATION =
  /^(?:(?<d>\d{1,9})d)?(?:(?<h>\d{1,9})h)?(?:(?<m>\d{1,9})m(?!s))?(?:(?<s>\d{1,9})s)?(?:(?<ms>\d{1,9})ms)?$/;

export const DAY_MS = UNITS_MS.d;

/** Milliseconds of a duration with integers of its units, largest unit first, such as `10s`, `500ms` or `1m30s`. */
export function parseDuration(text: string): number | undefined {
  const match = text === '' ? null : DURATION.exec(text);
  return match
    ? Object.entries(UNITS_MS).reduce((total, [unit, ms]) => total + Number(match.groups?.[unit] ?? 0) * ms, 0)
    : undefined;
}

/** Inverse of {@link parseDuration}: `90000` is `1m30s`. */
export function formatDuration(milliseconds: number): string {
  let rest = milliseconds;
  let text = '';
  for (const [unit, ms] of Object.entries(UNITS_MS)) {
    const count = Math.floor(rest / ms);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * ms;
  }
  return text === '' ? '0s' : text;
}
