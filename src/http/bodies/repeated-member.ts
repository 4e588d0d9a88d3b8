/** Array or object that is being read. */
interface Frame {
  /** Of an object. */
  readonly names: Set<string> | undefined;
  /** Of the current member or element. */
  key: string | number;
}

/** Number of members of all objects in a value that `JSON.parse` has made: of repeated names only the last is left. */
export function countMembers(root: unknown): number {
  let members = 0;
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    const entries: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    if (!Array.isArray(value)) members += entries.length;
    for (const entry of entries) if (typeof entry === 'object' && entry !== null) open.push(entry);
  }
  return members;
}

/**
 * Place of the first member with a name that its object has already, however the names are escaped. In linear time.
 *
 * @param text valid JSON
 */
export function repeatedMember(text: string): readonly (string | number)[] | undefined {
  const open: Frame[] = [];
  let isName = false;
  for (let at = 0; at < text.length; at++) {
    const frame = open.at(-1);
    switch (text[at]) {
      case '{':
      case '[':
        isName = text[at] === '{';
        open.push({ names: isName ? new Set() : undefined, key: 0 });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        isName = frame?.names !== undefined;
        if (typeof frame?.key === 'number') frame.key++;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (isName && frame?.names) {
          frame.key = JSON.parse(text.slice(at, end + 1)) as string;
          if (frame.names.has(frame.key)) return open.map(({ key }) => key);
          frame.names.add(frame.key);
          isName = false;
        }
        at = end;
        break;
      }
      default:
    }
  }
  return undefined;
}

/** @returns the index of the closing quote of a string that begins at `from` */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
