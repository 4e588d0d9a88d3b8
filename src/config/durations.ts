const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

export const DAY_MS = UNITS_MS.d;

/** Milliseconds of a duration in whole units, the largest first, such as `10s`, `500ms` or `1m30s`; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const match =
    /^(?:(?<d>\d{1,9})d)?(?:(?<h>\d{1,9})h)?(?:(?<m>\d{1,9})m(?!s))?(?:(?<s>\d{1,9})s)?(?:(?<ms>\d{1,9})ms)?$/.exec(
      text,
    );
  if (!match || text === '') return undefined;
  return Object.entries(UNITS_MS).reduce(
    (total, [unit, milliseconds]) => total + Number(match.groups?.[unit] ?? 0) * milliseconds,
    0,
  );
}

/** As {@link parseDuration} reads it: `90000` is `1m30s`. */
export function formatDuration(milliseconds: number): string {
  let rest = milliseconds;
  let text = '';
  for (const [unit, length] of Object.entries(UNITS_MS)) {
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * length;
  }
  return text === '' ? '0s' : text;
}
