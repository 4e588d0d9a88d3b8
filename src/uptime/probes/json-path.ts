/** A step into a list (number) or an object (text). */
type Step = string | number;

/** `.name`, `[0]` or `["any text, as JSON writes it"]`. */
const STEP = /\.([A-Za-z_$][\w$-]*)|\[(\d{1,9})\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** A way to one value within a JSON document: `$.checks[0]["response time"]`. */
export class JsonPath {
  readonly #steps: readonly Step[];

  /** @throws Error that says where the text stops being a path */
  constructor(readonly text: string) {
    this.#steps = parse(text);
  }

  /** @returns undefined where there is no such value */
  read(document: unknown): unknown {
    return this.#steps.reduce<unknown>(enter, document);
  }
}

function parse(text: string): readonly Step[] {
  if (!text.startsWith('$')) throw new Error(`The JSON path ${text} must begin with $, the whole document`);
  const steps: Step[] = [];
  let at = 1;
  while (at < text.length) {
    STEP.lastIndex = at;
    const [whole, name, index, quoted] = STEP.exec(text) ?? [];
    const step = name ?? (index === undefined ? unquote(quoted) : Number(index));
    if (whole === undefined || step === undefined) throw new Error(`The JSON path ${text} is wrong at its character ${at + 1}: write .name, [0] or ["name"] there`);
    steps.push(step);
    at += whole.length;
  }
  return steps;
}

function unquote(quoted: string | undefined): string | undefined {
  if (quoted === undefined) return undefined;
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}

function enter(value: unknown, step: Step): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return typeof step === 'number' ? (value as readonly unknown[])[step] : undefined;
  if (typeof step === 'number' || !Object.hasOwn(value, step)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[step];
}
