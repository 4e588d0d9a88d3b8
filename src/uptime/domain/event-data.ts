/** Checks of stored data, each throwing an Error that names the field: what the parsers of this module's events are made of. */

export function fieldsOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (!isMapping(value)) throw new Error(`${name} must be an object`);
  return value;
}

export function textOf(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new Error(`${name} must be a text`);
  return value;
}

/** A whole number from 0. */
export function integerOf(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new Error(`${name} must be a whole number from 0`);
  return value;
}

export function listOf<Item>(value: unknown, name: string, itemOf: (item: unknown, name: string) => Item): Item[] {
  if (!Array.isArray(value)) throw new Error(`${name} must be a list`);
  return value.map((item, index) => itemOf(item, `${name}[${index}]`));
}

export function oneOf<Choice extends string>(choices: readonly Choice[], value: unknown, name: string): Choice {
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw new Error(`${name} must be one of ${choices.join(', ')}`);
  return choice;
}

/** `{ [name]: value }`, or nothing where the value is absent. */
export function optional<Name extends string, Value>(
  name: Name,
  value: unknown,
  parse: (value: unknown, name: string) => Value,
): { readonly [Key in Name]?: Value } {
  // The compiler widens a computed key to any text.
  return value === undefined ? {} : ({ [name]: parse(value, name) } as { readonly [Key in Name]: Value });
}

/** Milliseconds since 1970 of a timestamp as `Date.toISOString` writes it, and of no other form. */
export function millisecondsOf(timestamp: string, name: string): number {
  const milliseconds = Date.parse(timestamp);
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== timestamp)
    throw new Error(`${name} must be like 2026-01-31T12:00:00.000Z`);
  return milliseconds;
}

/** A timestamp, as it is. */
export function timestampOf(value: unknown, name: string): string {
  const timestamp = textOf(value, name);
  millisecondsOf(timestamp, name);
  return timestamp;
}

/** What two timestamps begin and end. */
export function spanOf(from: string, to: string): { readonly from: number; readonly to: number } {
  const span = { from: millisecondsOf(from, 'from'), to: millisecondsOf(to, 'to') };
  if (span.to <= span.from) throw new Error('to must be later than from');
  return span;
}

/** An id that can stand in a path: letters, digits, `_` and `-`, at most 100. */
export function identifierOf(value: unknown, name: string): string {
  const identifier = textOf(value, name);
  if (!/^[\w-]{1,100}$/.test(identifier)) throw new Error(`${name} must be 1 to 100 letters, digits, _ or -`);
  return identifier;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
