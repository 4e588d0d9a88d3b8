import { printable } from '../../common/text.js';

const MAX_SEGMENTS = 12;
const MAX_SEGMENT_LENGTH = 41;

/** `data.items.0.name`: names and list indexes with dots. Long paths lose their middle, long names their end, and broken Unicode is replaced. */
export function pathOf(segments: readonly (string | number)[]): string {
  const half = MAX_SEGMENTS / 2;
  const told = segments.length <= MAX_SEGMENTS ? segments : [...segments.slice(0, half), '…', ...segments.slice(-half)];
  return told.map((segment) => printable(String(segment), MAX_SEGMENT_LENGTH)).join('.');
}
