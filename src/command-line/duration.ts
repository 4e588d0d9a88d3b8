import { InvalidArgumentError } from 'commander';
import { printable } from '../common/text.js';
import { parseDuration } from '../common/durations.js';

const MAX_SECONDS = 3_650 * 86_400;

/** Parses a duration with one unit, such as `90s`, `30m`, `12h` or `90d`. @throws InvalidArgumentError */
export function parseSeconds(text: string): number {
  const seconds = /^\d+[smhd]$/.test(text) ? (parseDuration(text) ?? 0) / 1_000 : 0;
  if (seconds < 1 || seconds > MAX_SECONDS)
    throw new InvalidArgumentError(
      `It must be an integer with s, m, h or d, such as 30m, 12h or 90d, from 1s to 3650d, got '${printable(text)}'.`,
    );
  return seconds;
}
