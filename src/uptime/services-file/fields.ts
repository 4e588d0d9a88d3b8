import { DAY_MS, formatDuration, parseDuration } from '../../common/durations.js';
import { nearestOf } from '../../common/nearest.js';
import { array, integer, optional, type ParseContext, type Parser } from '../../common/parse.js';
import { isPlainObject } from '../../common/plain-object.js';
import { type Environment } from '../../config/index.js';
import { resolveReferences } from './environment-references.js';

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

/** Arrays. @param expected such as `an array of names` */
export function listOf<Item>(expected: string, item: Parser<Item>): Parser<readonly Item[]> {
  const items = array(item);
  return (given, context) => (Array.isArray(given) ? items(given, context) : context.report(`must be ${expected}`));
}

/**
 * Reader of the values of one mapping of the file: runs a parser for each key. Keys that were never read are unknown:
 * {@link rejectUnknownKeys} reports each.
 */
export class Fields {
  readonly #readKeys = new Set<string>();

  private constructor(
    private readonly given: Readonly<Record<string, unknown>>,
    private readonly context: ParseContext,
    private readonly environment: Environment,
  ) {}

  /**
   * Parser of a mapping.
   *
   * @param expected such as `a mapping with path and equals`
   * @param environment source of `${NAME}`
   */
  static parser<Value>(
    expected: string,
    environment: Environment,
    read: (fields: Fields) => Value | undefined,
  ): Parser<Value> {
    return (given, context) =>
      isPlainObject(given) ? read(new Fields(given, context, environment)) : context.report(`must be ${expected}`);
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
    return this.context.at(key, undefined, (_, context) => context.report(problem));
  }

  /** Rejects the keys that were never read. @param of such as ` for kind tcp` */
  rejectUnknownKeys(of = ''): void {
    const allowed = [...this.#readKeys];
    for (const key of this.keys()) {
      if (this.#readKeys.has(key)) continue;
      const nearest = nearestOf(key, allowed);
      this.reject(
        key,
        `unknown key${of}${nearest === undefined ? '' : `, probably meant to be ${nearest}`}; ` +
          `allowed are ${allowed.join(', ')}`,
      );
    }
  }

  required<Value>(key: string, parser: Parser<Value>): Value | undefined {
    return this.context.at(key, this.value(key), parser);
  }

  optional<Value>(key: string, parser: Parser<Value>): Value | undefined {
    return this.required(key, optional(parser));
  }

  /** Parser of a string in which `${NAME}` is replaced by the environment variable. */
  text({ expected, matches }: StringRule = ANY_STRING): Parser<string> {
    return (given, context) => {
      if (typeof given !== 'string') return context.report(`must be ${expected}`);
      const { text, names, issues } = resolveReferences(given, this.environment);
      for (const issue of issues) context.report(issue);
      if (issues.length > 0) return undefined;
      if (matches(text)) return text;
      const inserted = names.length === 0 ? '' : `, after ${names.join(' and ')} of the environment is inserted`;
      return context.report(`must be ${expected}${inserted}`);
    };
  }

  /** Milliseconds, from a duration such as `1m30s` or from an integer under the key with suffix `Ms`. */
  duration(key: string, { min, max = DAY_MS, minInMs = min }: DurationRange): number | undefined {
    const keyMs = `${key}Ms`;
    const value = this.value(key);
    const milliseconds = this.optional(keyMs, integer(minInMs, max));
    if (value === undefined) return milliseconds;
    if (this.value(keyMs) !== undefined) return this.reject(keyMs, `must not be given together with ${key}`);
    const duration = typeof value === 'string' ? parseDuration(value) : undefined;
    if (duration !== undefined && duration >= min && duration <= max) return duration;
    return this.reject(
      key,
      `must be a duration from ${formatDuration(min)} to ${formatDuration(max)}, such as 500ms, 10s or 1m30s`,
    );
  }

  /** Optional mapping without further keys than `read` reads. */
  mapping<Value>(key: string, expected: string, read: (fields: Fields) => Value | undefined): Value | undefined {
    const parser = Fields.parser(expected, this.environment, (fields) => {
      const value = read(fields);
      fields.rejectUnknownKeys();
      return value;
    });
    return this.optional(key, parser);
  }
}
