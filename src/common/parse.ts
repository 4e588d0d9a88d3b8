import { isPlainObject } from './plain-object.js';
import { printable } from './text.js';
import { parseTimestamp, toTimestamp } from './time.js';

/** Keys and indexes that lead from the root of the data to a value. */
export type Path = readonly (string | number)[];

export interface ParseIssue {
  readonly path: Path;
  /** Such as `must be an integer from 1 to 10`. */
  readonly problem: string;
  /** The rejected value, shortened; absent where it may be a secret. */
  readonly given?: string;
}

/** Typed value of valid data. Reports issues and returns undefined for invalid data. */
export type Parser<Value> = (value: unknown, context: ParseContext) => Value | undefined;

export type Parsed<Of> = Of extends Parser<infer Value> ? Value : never;

const MAX_SHOWN_LENGTH = 40;

/** Position in the data that is being parsed, and the issues found so far. */
export class ParseContext {
  readonly issues: ParseIssue[] = [];
  readonly #path: (string | number)[];

  constructor(root: Path = []) {
    this.#path = [...root];
  }

  at<Value>(key: string | number, value: unknown, parser: Parser<Value>): Value | undefined {
    this.#path.push(key);
    const parsed = parser(value, this);
    this.#path.pop();
    return parsed;
  }

  report(problem: string): undefined {
    this.issues.push({ path: [...this.#path], problem });
  }

  /** Reports a value that is not `expected`. */
  reject(expected: string, value: unknown): undefined {
    this.issues.push({ path: [...this.#path], problem: `must be ${expected}`, given: describeValue(value) });
  }
}

/**
 * Parses data from a trusted but untyped source, such as a stored event.
 *
 * @param name of the data itself in messages
 * @throws Error with all issues
 */
export function parseData<Value>(parser: Parser<Value>, data: unknown, name = 'data'): Value {
  const context = new ParseContext();
  const parsed = parser(data, context);
  if (context.issues.length > 0)
    throw new Error(context.issues.map((issue) => `${issue.path.join('.') || name} ${formatIssue(issue)}`).join('; '));
  // Without an issue, every parser has returned its value.
  return parsed as Value;
}

/** `must be an integer from 1 to 10, got 0`. */
export function formatIssue({ problem, given }: Pick<ParseIssue, 'problem' | 'given'>): string {
  return given === undefined ? problem : `${problem}, got ${given}`;
}

/** Values that satisfy a type guard. @param expected such as `a string` */
export function guard<Value>(expected: string, isValid: (given: unknown) => given is Value): Parser<Value> {
  return (given, context) => (isValid(given) ? given : context.reject(expected, given));
}

export const string = guard('a string', (given) => typeof given === 'string');

export const boolean = guard('true or false', (given) => typeof given === 'boolean');

export const plainObject = guard('an object', isPlainObject);

export function integer(min: number, max = Number.MAX_SAFE_INTEGER): Parser<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`;
  return guard(range, (given): given is number => Number.isSafeInteger(given) && inRange(given as number, min, max));
}

export function oneOf<Choice extends string>(choices: readonly Choice[]): Parser<Choice> {
  return guard(`one of ${choices.join(', ')}`, (given): given is Choice => choices.includes(given as Choice));
}

/** Strings that satisfy a predicate. */
export function stringThat(expected: string, isValid: (text: string) => boolean): Parser<string> {
  return guard(expected, (given): given is string => typeof given === 'string' && isValid(given));
}

/** RFC 3339 timestamp. */
export const timestamp = stringThat(
  'a timestamp such as 2026-01-31T12:00:00Z',
  (text) => parseTimestamp(text) !== undefined,
);

/** Timestamp in the format of {@link toTimestamp}. */
export const utcTimestamp = stringThat('a timestamp in UTC such as 2026-01-31T12:00:00.000Z', (text) => {
  const milliseconds = parseTimestamp(text);
  return milliseconds !== undefined && toTimestamp(milliseconds) === text;
});

export function array<Item>(item: Parser<Item>): Parser<readonly Item[]> {
  return (given, context) =>
    Array.isArray(given)
      ? given.map((entry: unknown, index) => context.at(index, entry, item) as Item)
      : context.reject('an array', given);
}

/** Absent is valid; null is not. */
export function optional<Value>(parser: Parser<Value>): Parser<Value | undefined> {
  return (given, context) => (given === undefined ? undefined : parser(given, context));
}

type Shape = Readonly<Record<string, Parser<unknown>>>;
type OptionalKeys<Of extends Shape> = { [Key in keyof Of]: undefined extends Parsed<Of[Key]> ? Key : never }[keyof Of];
type ObjectOf<Of extends Shape> = { readonly [Key in Exclude<keyof Of, OptionalKeys<Of>>]: Parsed<Of[Key]> } & {
  readonly [Key in OptionalKeys<Of>]?: Exclude<Parsed<Of[Key]>, undefined>;
};

/** Objects with these members; others are dropped, and absent optional ones stay absent. */
export function object<Of extends Shape>(shape: Of): Parser<ObjectOf<Of>> {
  const members = Object.entries(shape);
  return (given, context) => {
    if (!isPlainObject(given)) return context.reject('an object', given);
    const parsed: Record<string, unknown> = {};
    for (const [key, parser] of members) {
      const member = context.at(key, given[key], parser);
      if (member !== undefined) parsed[key] = member;
    }
    return parsed as ObjectOf<Of>;
  };
}

/** A further rule for values that the parser accepts. @param problemOf undefined for a valid value */
export function refine<Value>(parser: Parser<Value>, problemOf: (value: Value) => string | undefined): Parser<Value> {
  return (given, context) => {
    const before = context.issues.length;
    const parsed = parser(given, context);
    if (parsed === undefined || context.issues.length > before) return undefined;
    const problem = problemOf(parsed);
    return problem === undefined ? parsed : context.report(problem);
  };
}

function inRange(given: number, min: number, max: number): boolean {
  return given >= min && given <= max;
}

function describeValue(given: unknown): string {
  switch (typeof given) {
    case 'undefined':
      return 'nothing';
    case 'string':
      return `'${printable(given, MAX_SHOWN_LENGTH)}'`;
    case 'number':
    case 'boolean':
      return String(given);
    default:
      return given === null ? 'null' : Array.isArray(given) ? 'an array' : 'an object';
  }
}
