/** A step into a list (number) or an object (text). */
type Step = string | number;

/** `.name`, `[0]` or `["any text, as JSON writes it"]`. */
const STEP = /\.([A-Za-z_$][\w$-]*)|\[(\d{1,9})\]|\[("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*")\]/uy;

/** Whether a text is a {@link JsonPath}. */
export function isJsonPath(text: string): boolean {
  const { end } = stepsOf(text);
  return end > 0 && end === text.length;
}

/** A way to one value within a JSON document: `$.checks[0]["response time"]`. */
export class JsonPath {
  readonly #steps: readonly Step[];

  /** @throws Error that says where the text stops being a path */
  constructor(readonly text: string) {
    const { steps, end } = stepsOf(text);
    if (end === 0) throw new Error(`The JSON path ${text} must begin with $, the whole document`);
    if (end < text.length)
      throw new Error(`The JSON path ${text} is wrong at its character ${end + 1}: write .name, [0] or ["name"] there`);
    this.#steps = steps;
  }

  /** @returns undefined where there is no such value */
  read(document: unknown): unknown {
    return this.#steps.reduce<unknown>(enter, document);
  }
}

/** The steps that a text begins with, and where they end: at 0 where it does not even begin with the document. */
function stepsOf(text: string): { readonly steps: readonly Step[]; readonly end: number } {
  const steps: Step[] = [];
  if (!text.startsWith('$')) return { steps, end: 0 };
  let end = 1;
  while (end < text.length) {
    STEP.lastIndex = end;
    const [whole, name, index, quoted] = STEP.exec(text) ?? [];
    if (whole === undefined) break;
    steps.push(name ?? (quoted === undefined ? Number(index) : String(JSON.parse(quoted))));
    end += whole.length;
  }
  return { steps, end };
}

function enter(value: unknown, step: Step): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return typeof step === 'number' ? (value as readonly unknown[])[step] : undefined;
  if (typeof step === 'number' || !Object.hasOwn(value, step)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[step];
}
