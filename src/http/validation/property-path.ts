const MAX_SEGMENTS = 12;
const MAX_SEGMENT_LENGTH = 40;

/** `data.items.0.name`: names and list indexes with dots. Long paths lose their middle, long names their end, and broken Unicode is replaced. */
export function pathOf(segments: readonly (string | number)[]): string {
  const half = MAX_SEGMENTS / 2;
  const told = segments.length <= MAX_SEGMENTS ? segments : [...segments.slice(0, half), '…', ...segments.slice(-half)];
  return told.map((segment) => printable(String(segment))).join('.');
}

function printable(name: string): string {
  const shown = name.length > MAX_SEGMENT_LENGTH ? `${name.slice(0, MAX_SEGMENT_LENGTH)}…` : name;
  // Control characters, line separators and lone surrogates break log lines and readers of the answer.
  return shown.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu, '\u{fffd}');
}
