/** What of an event a filter of `$all` looks at. */
export interface FilterSubject {
  readonly streamName: string;
  readonly eventType: string;
}

export type EventFilter = (event: FilterSubject) => boolean;

export interface FilterExpression {
  readonly on: 'streamName' | 'eventType';
  /** Not anchored, case-sensitive; used instead of the prefixes when not empty. */
  readonly regex: string;
  readonly prefixes: readonly string[];
}

/**
 * The predicate of a filter. No prefix at all matches nothing.
 * @throws SyntaxError if the regular expression is invalid
 */
export function compileFilter({ on, regex, prefixes }: FilterExpression): EventFilter {
  if (regex !== '') {
    const pattern = new RegExp(regex);
    return (event) => pattern.test(event[on]);
  }
  return (event) => prefixes.some((prefix) => event[on].startsWith(prefix));
}
