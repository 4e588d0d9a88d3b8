/** The key of an object, or the index of an array. */
type Segment = string | number;

/** `.name`, `[0]` or `["a JSON string"]`. */
const SEGMENT = /\.([A-Za-z_$][\w$-]*)|\[(\d{1,9})\]|\[("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*")\]/uy;

export function isJsonPath(text: string): boolean {
  const { end } = parseSegments(text);
  return end > 0 && end === text.length;
}

/** Path to a single value of a JSON document: `$.checks[0]["response time"]`. */
export class JsonPath {
  readonly #segments: readonly Segment[];

  /** @throws Error with the position of the first invalid character */
  constructor(readonly text: string) {
    const { segments, end } = parseSegments(text);
    if (end === 0) throw new Error(`JSON path ${text} is not valid: it must begin with $`);
    if (end < text.length)
      throw new Error(`JSON path ${text} is not valid at character ${end + 1}: expected .name, [0] or ["name"]`);
    this.#segments = segments;
  }

  /** @returns undefined if there is no such value */
  read(document: unknown): unknown {
    return this.#segments.reduce<unknown>(readSegment, document);
  }
}

/** The valid segments and the offset after them; offset 0 without a leading `$`. */
function parseSegments(text: string): { readonly segments: readonly Segment[]; readonly end: number } {
  const segments: Segment[] = [];
  if (!text.startsWith('$')) return { segments, end: 0 };
  let end = 1;
  while (end < text.length) {
    SEGMENT.lastIndex = end;
    const [whole, name, index, quoted] = SEGMENT.exec(text) ?? [];
    if (whole === undefined) break;
    segments.push(name ?? (quoted === undefined ? Number(index) : String(JSON.parse(quoted))));
    end += whole.length;
  }
  return { segments, end };
}

function readSegment(value: unknown, segment: Segment): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return typeof segment === 'number' ? (value as readonly unknown[])[segment] : undefined;
  if (typeof segment === 'number' || !Object.hasOwn(value, segment)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[segment];
}
