const MOST_SEGMENTS = 12;
const LONGEST_SEGMENT = 40;

/** `data.items.0.name`: names and list indexes with dots. Long paths lose their middle, long names their end, and broken Unicode is replaced. */
export function pathOf(segments: readonly (string | number)[]): string {
  const half = MOST_SEGMENTS / 2;
  const told =
    segments.length <= MOST_SEGMENTS ? segments : [...segments.slice(0, half), '…', ...segments.slice(-half)];
  return told.map((segment) => printable(String(segment))).join('.');
}

function printable(name: string): string {
  const shown = name.length > LONGEST_SEGMENT ? `${name.slice(0, LONGEST_SEGMENT)}…` : name;
  // Control characters, line separators and lone surrogates break log lines and readers of the answer.
  return shown.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu, '\u{fffd}');
}
