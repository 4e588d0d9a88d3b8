import { isPlainObject } from '../../common/plain-object.js';
import { DAY_MS, formatDuration, parseDuration } from '../../common/durations.js';
import { type ParseIssue, type Path } from '../../common/parse.js';
import { type Environment } from '../../config/index.js';
import { resolveReferences } from './environment-references.js';
import { nearestKey } from './nearest-key.js';

/** Shared by all {@link Fields} of a file. */
export interface FileContext {
  readonly environment: Environment;
  /** Issues found so far. */
  readonly issues: ParseIssue[];
}

/** Constraint on a string. */
export interface StringRule {
  /** Such as `a string without line breaks`. */
  readonly expected: string;
  readonly matches: (text: string) => boolean;
}

export const ANY_STRING: StringRule = { expected: 'a string', matches: () => true };
export const NON_EMPTY_STRING: StringRule = { expected: 'a non-empty string', matches: (text) => text !== '' };

/** Allowed milliseconds, inclusive. */
export interface DurationRange {
  readonly min: number;
  readonly max?: number;
  /** Minimum under the key with suffix `Ms`, if it differs. */
  readonly minInMs?: number;
}

/**
 * Reader of the values of one mapping of the file.
 *
 * A missing or invalid value is read as undefined; an invalid one is added to the issues. Keys that were never read
 * are unknown: {@link rejectUnknownKeys} adds an issue for each.
 */
export class Fields {
  readonly #readKeys = new Set<string>();
  readonly #rejected = new Set<string>();

  private constructor(
    private readonly given: Readonly<Record<string, unknown>>,
    readonly path: Path,
    private readonly context: FileContext,
  ) {}

  /** @param expected description of the mapping for the issue if the value is none: `a mapping with path and equals` */
  static of(value: unknown, path: Path, expected: string, context: FileContext): Fields | undefined {
    if (isPlainObject(value)) return new Fields(value, path, context);
    context.issues.push({ path, problem: `must be ${expected}` });
    return undefined;
  }

  /** The raw value. */
  value(key: string): unknown {
    this.#readKeys.add(key);
    return this.given[key];
  }

  keys(): readonly string[] {
    return Object.keys(this.given);
  }

  reject(key: string, problem: string): undefined {
    this.#rejected.add(key);
    this.context.issues.push({ path: [...this.path, key], problem });
  }

  isRejected(...keys: readonly string[]): boolean {
    return keys.some((key) => this.#rejected.has(key));
  }

  /** Rejects the keys that were never read. @param of such as ` for kind tcp` */
  rejectUnknownKeys(of = ''): void {
    const allowed = [...this.#readKeys];
    for (const key of this.keys()) {
      if (this.#readKeys.has(key)) continue;
      const nearest = nearestKey(key, allowed);
      this.reject(
        key,
        `unknown key${of}${nearest === undefined ? '' : `, probably meant to be ${nearest}`}; ` +
          `allowed are ${allowed.join(', ')}`,
      );
    }
  }

  /** String in which `${NAME}` is replaced by the environment variable. */
  string(key: string, rule: StringRule = ANY_STRING): string | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return this.reject(key, `must be ${rule.expected}`);
    const { text, names, issues } = resolveReferences(value, this.context.environment);
    for (const issue of issues) this.reject(key, issue);
    if (issues.length > 0) return undefined;
    if (rule.matches(text)) return text;
    const inserted = names.length === 0 ? '' : `, after ${names.join(' and ')} of the environment is inserted`;
    return this.reject(key, `must be ${rule.expected}${inserted}`);
  }

  /** Like {@link string}, but required; empty if missing or invalid. */
  requiredString(key: string, rule: StringRule): string {
    if (this.value(key) === undefined) this.reject(key, `must be ${rule.expected}`);
    return this.string(key, rule) ?? '';
  }

  integer(key: string, from: number, to: number): number | undefined {
    return this.value(key) === undefined ? undefined : this.requiredInteger(key, from, to);
  }

  requiredInteger(key: string, from: number, to: number): number | undefined {
    const value = this.value(key);
    return isInteger(value, from, to) ? value : this.reject(key, `must be an integer from ${from} to ${to}`);
  }

  boolean(key: string): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.reject(key, 'must be true or false');
  }

  choice<Choice extends string>(key: string, choices: readonly Choice[]): Choice | undefined {
    return this.value(key) === undefined ? undefined : this.requiredChoice(key, choices);
  }

  requiredChoice<Choice extends string>(key: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.value(key);
    return choices.find((choice) => choice === value) ?? this.reject(key, `must be one of ${choices.join(', ')}`);
  }

  /** Milliseconds, from a duration such as `1m30s` or from an integer under the key with suffix `Ms`. */
  duration(key: string, { min, max = DAY_MS, minInMs = min }: DurationRange): number | undefined {
    const keyMs = `${key}Ms`;
    const value = this.value(key);
    const milliseconds = this.integer(keyMs, minInMs, max);
    if (value === undefined) return milliseconds;
    if (this.value(keyMs) !== undefined) return this.reject(keyMs, `must not be given together with ${key}`);
    const duration = typeof value === 'string' ? parseDuration(value) : undefined;
    if (duration !== undefined && duration >= min && duration <= max) return duration;
    return this.reject(
      key,
      `must be a duration from ${formatDuration(min)} to ${formatDuration(max)}, such as 500ms, 10s or 1m30s`,
    );
  }

  /** Required string (as {@link string}), number, boolean or null. */
  scalar(key: string): string | number | boolean | null | undefined {
    const value = this.value(key);
    if (typeof value === 'string') return this.string(key);
    if (value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
      return value;
    return this.reject(key, 'must be a string, a number, true, false or null');
  }

  /** @param each reads an item; undefined if it is invalid */
  list<Item>(key: string, expected: string, each: (item: unknown) => Item | undefined): Item[] | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return this.reject(key, `must be an array, each item ${expected}`);
    const read = (value as unknown[]).map(each);
    read.forEach((item, index) => {
      if (item === undefined)
        this.context.issues.push({ path: [...this.path, key, index], problem: `must be ${expected}` });
    });
    const items = read.filter((item) => item !== undefined);
    return items.length === read.length ? items : undefined;
  }

  mapping(key: string, expected: string): Fields | undefined {
    const value = this.value(key);
    return value === undefined ? undefined : Fields.of(value, [...this.path, key], expected, this.context);
  }
}

export function isInteger(value: unknown, from: number, to: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to;
}
