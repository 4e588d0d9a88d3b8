import {
  array,
  boolean,
  formatIssue,
  integer,
  object,
  oneOf,
  optional,
  parseData,
  ParseContext,
  type Parser,
  refine,
  string,
  stringThat,
  timestamp,
  utcTimestamp,
} from './parse.js';

const order = object({
  id: stringThat('an id', (text) => text.startsWith('o-')),
  status: oneOf(['open', 'sent']),
  items: array(object({ quantity: integer(1, 9), isGift: optional(boolean) })),
  note: optional(string),
});

function issuesOf(parser: Parser<unknown>, data: unknown): readonly string[] {
  const context = new ParseContext();
  parser(data, context);
  return context.issues.map((issue) => `${issue.path.join('.')} ${formatIssue(issue)}`);
}

describe('a parser', () => {
  it('returns typed data without unknown members, and leaves out absent ones', () => {
    expect(parseData(order, { id: 'o-1', status: 'open', items: [{ quantity: 1, isGift: true }], extra: 1 })).toEqual({
      id: 'o-1',
      status: 'open',
      items: [{ quantity: 1, isGift: true }],
    });
  });

  it('reports every issue with its path, what is allowed and what was given', () => {
    const data = { id: 'x', status: 'lost', items: [{ quantity: 0 }, 7, { quantity: 1, isGift: 'yes' }], note: null };
    expect(issuesOf(order, data)).toEqual([
      "id must be an id, got 'x'",
      "status must be one of open, sent, got 'lost'",
      'items.0.quantity must be an integer from 1 to 9, got 0',
      'items.1 must be an object, got 7',
      "items.2.isGift must be true or false, got 'yes'",
      'note must be a string, got null',
    ]);
    expect(() => parseData(order, [])).toThrow('data must be an object, got an array');
    expect(() => parseData(order, {})).toThrow(
      'id must be an id, got nothing; status must be one of open, sent, got nothing; items must be an array, got nothing',
    );
  });

  it('shortens the given value and replaces unprintable characters', () => {
    expect(issuesOf(oneOf(['a']), `\n${'x'.repeat(100)}`)).toEqual([
      ` must be one of a, got '\u{fffd}${'x'.repeat(38)}…'`,
    ]);
  });

  it('checks a further rule only for values that are valid otherwise', () => {
    const even = refine(integer(0), (given) => (given % 2 === 0 ? undefined : 'must be even'));
    expect(parseData(even, 2)).toBe(2);
    expect(issuesOf(even, 3)).toEqual([' must be even']);
    expect(issuesOf(even, -3)).toEqual([' must be an integer of at least 0, got -3']);
  });

  it('tells RFC 3339 timestamps from those of this service', () => {
    expect(issuesOf(timestamp, '2026-01-31T12:00:00+01:00')).toEqual([]);
    expect(issuesOf(timestamp, '2026-01-31')).toHaveLength(1);
    expect(issuesOf(utcTimestamp, '2026-01-31T12:00:00.000Z')).toEqual([]);
    expect(issuesOf(utcTimestamp, '2026-01-31T12:00:00Z')).toHaveLength(1);
  });
});
