import { InvalidArgumentError } from 'commander';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const MAX_DAYS = 3_650;

/** Seconds of a duration such as `90s`, `30m`, `12h` or `90d`, at most ten years. @throws InvalidArgumentError */
export function parseDuration(text: string): number {
  const [, digits = '', unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = isUnit(unit) ? Number(digits) * SECONDS[unit] : 0;
  if (seconds < 1 || seconds > MAX_DAYS * SECONDS.d)
    throw new InvalidArgumentError(
      `Give a whole number with s, m, h or d, such as 30m, 12h or 90d, at most ${MAX_DAYS}d.`,
    );
  return seconds;
}

function isUnit(text: string | undefined): text is keyof typeof SECONDS {
  return text !== undefined && Object.hasOwn(SECONDS, text);
}
