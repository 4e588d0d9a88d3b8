import { isPlainObject } from '../../common/plain-object.js';
import { DAY_MS, formatDuration, parseDuration } from '../../common/durations.js';
import { type Environment } from '../../config/index.js';
import { resolveReferences } from './environment-references.js';
import { nearestKey } from './nearest-key.js';
import { type Path } from './yaml-text.js';

export interface ValidationIssue {
  readonly path: Path;
  readonly text: string;
}

/** What all of a file's {@link Fields} share. */
export interface Reading {
  readonly environment: Environment;
  /** Every mistake that was found so far. */
  readonly mistakes: ValidationIssue[];
}

/** What a text must be. */
export interface TextRule {
  /** Such as `a string without line breaks`. */
  readonly expected: string;
  readonly holds: (text: string) => boolean;
}

export const ANY_TEXT: TextRule = { expected: 'a string', holds: () => true };
export const SOME_TEXT: TextRule = { expected: 'a non-empty string', holds: (text) => text !== '' };

/** From the least to the most milliseconds, both included. */
export interface DurationRange {
  readonly least: number;
  readonly most?: number;
  /** The least in the form in milliseconds, where that was allowed to be shorter. */
  readonly leastMs?: number;
}

/**
 * The values of one mapping of the file, read one by one.
 *
 * Whatever is not there, or not as it must be, is read as undefined, and the latter is noted as a mistake. A key that nothing asked
 * for is unknown: {@link finish} notes those.
 */
export class Fields {
  readonly #known = new Set<string>();
  readonly #wrong = new Set<string>();

  private constructor(
    private readonly given: Readonly<Record<string, unknown>>,
    readonly path: Path,
    private readonly reading: Reading,
  ) {}

  /** The fields of a mapping. @param expected what is wrong where the value is none, such as `a mapping with path and equals` */
  static of(value: unknown, path: Path, expected: string, reading: Reading): Fields | undefined {
    if (isPlainObject(value)) return new Fields(value, path, reading);
    reading.mistakes.push({ path, text: `must be ${expected}` });
    return undefined;
  }

  /** The value as it is. */
  value(key: string): unknown {
    this.#known.add(key);
    return this.given[key];
  }

  keys(): readonly string[] {
    return Object.keys(this.given);
  }

  wrong(key: string, text: string): undefined {
    this.#wrong.add(key);
    this.reading.mistakes.push({ path: [...this.path, key], text });
  }

  isWrong(...keys: readonly string[]): boolean {
    return keys.some((key) => this.#wrong.has(key));
  }

  /** Notes every key that nothing has asked for. @param of such as ` for kind tcp` */
  finish(of = ''): void {
    const known = [...this.#known];
    for (const key of this.keys()) {
      if (this.#known.has(key)) continue;
      const nearest = nearestKey(key, known);
      this.wrong(
        key,
        `unknown key${of}${nearest === undefined ? '' : `, probably meant to be ${nearest}`}; known are ${known.join(', ')}`,
      );
    }
  }

  /** A text in which `${NAME}` stands for what the environment holds. */
  text(key: string, rule: TextRule = ANY_TEXT): string | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return this.wrong(key, `must be ${rule.expected}`);
    const { text, names, mistakes } = resolveReferences(value, this.reading.environment);
    for (const mistake of mistakes) this.wrong(key, mistake);
    if (mistakes.length > 0) return undefined;
    if (rule.holds(text)) return text;
    const filledIn = names.length === 0 ? '' : `, after ${names.join(' and ')} of the environment is inserted`;
    return this.wrong(key, `must be ${rule.expected}${filledIn}`);
  }

  /** As {@link text}, where a missing one is a mistake; empty where there is one. */
  requiredText(key: string, rule: TextRule): string {
    if (this.value(key) === undefined) this.wrong(key, `must be ${rule.expected}`);
    return this.text(key, rule) ?? '';
  }

  integer(key: string, from: number, to: number): number | undefined {
    return this.value(key) === undefined ? undefined : this.requiredInteger(key, from, to);
  }

  requiredInteger(key: string, from: number, to: number): number | undefined {
    const value = this.value(key);
    return isInteger(value, from, to) ? value : this.wrong(key, `must be an integer from ${from} to ${to}`);
  }

  boolean(key: string): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.wrong(key, 'must be true or false');
  }

  choice<Choice extends string>(key: string, choices: readonly Choice[]): Choice | undefined {
    return this.value(key) === undefined ? undefined : this.requiredChoice(key, choices);
  }

  requiredChoice<Choice extends string>(key: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.value(key);
    return choices.find((choice) => choice === value) ?? this.wrong(key, `must be one of ${choices.join(', ')}`);
  }

  /** Milliseconds: of a duration such as `1m30s`, or of an integer where the key ends in `Ms`. */
  duration(key: string, { least, most = DAY_MS, leastMs = least }: DurationRange): number | undefined {
    const keyMs = `${key}Ms`;
    const value = this.value(key);
    const milliseconds = this.integer(keyMs, leastMs, most);
    if (value === undefined) return milliseconds;
    if (this.value(keyMs) !== undefined) return this.wrong(keyMs, `${key} says the same; keep one of them`);
    const duration = typeof value === 'string' ? parseDuration(value) : undefined;
    if (duration !== undefined && duration >= least && duration <= most) return duration;
    return this.wrong(
      key,
      `must be a duration from ${formatDuration(least)} to ${formatDuration(most)}, such as 500ms, 10s or 1m30s`,
    );
  }

  /** A text as by {@link text}, a number, true, false or null; a missing one is a mistake. */
  scalar(key: string): string | number | boolean | null | undefined {
    const value = this.value(key);
    if (typeof value === 'string') return this.text(key);
    if (value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
      return value;
    return this.wrong(key, 'must be a string, a number, true, false or null');
  }

  /** @param each reads an item, or says by undefined that it is not as it must be */
  list<Item>(key: string, expected: string, each: (item: unknown) => Item | undefined): Item[] | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return this.wrong(key, `must be an array, each item ${expected}`);
    const read = (value as unknown[]).map(each);
    read.forEach((item, index) => {
      if (item === undefined)
        this.reading.mistakes.push({ path: [...this.path, key, index], text: `must be ${expected}` });
    });
    const items = read.filter((item) => item !== undefined);
    return items.length === read.length ? items : undefined;
  }

  mapping(key: string, expected: string): Fields | undefined {
    const value = this.value(key);
    return value === undefined ? undefined : Fields.of(value, [...this.path, key], expected, this.reading);
  }
}

export function isInteger(value: unknown, from: number, to: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to;
}
