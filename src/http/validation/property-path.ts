import { printable } from '../../common/text.js';

const MAX_SEGMENTS = 12;
const MAX_SEGMENT_LENGTH = 41;

/**
 * Property path with dots, such as `data.items.0.name`. Truncates the middle of long paths and the end of long names,
 * and replaces invalid Unicode.
 */
export function propertyPath(segments: readonly (string | number)[]): string {
  const half = MAX_SEGMENTS / 2;
  const shown =
    segments.length <= MAX_SEGMENTS ? segments : [...segments.slice(0, half), '…', ...segments.slice(-half)];
  return shown.map((segment) => printable(String(segment), MAX_SEGMENT_LENGTH)).join('.');
}
