/** The fields of an event that a filter of `$all` matches. */
interface FilterSubject {
  readonly streamName: string;
  readonly eventType: string;
}

export type EventFilter = (event: FilterSubject) => boolean;

export interface FilterExpression {
  readonly on: 'streamName' | 'eventType';
  /** Unanchored and case-sensitive; takes precedence over the prefixes if it is not empty. */
  readonly regex: string;
  readonly prefixes: readonly string[];
}

/**
 * Compiles a filter to a predicate. An empty array of prefixes matches nothing.
 * @throws SyntaxError if the regular expression is invalid
 */
export function compileFilter({ on, regex, prefixes }: FilterExpression): EventFilter {
  if (regex !== '') {
    const pattern = new RegExp(regex);
    return (event) => pattern.test(event[on]);
  }
  return (event) => prefixes.some((prefix) => event[on].startsWith(prefix));
}
