import fc from 'fast-check';
import { enumerateRrule, type RruleParts } from '../../../../test/support/enumerated-rrule.js';
import { occurrencesIn, recurrenceIssue } from './recurrence-occurrences.js';
import { type RecurrenceSeries } from './recurrence.js';

const DAY = 86_400_000;
const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const at = (instant: string): number => Date.parse(instant);
const series = (rule: string, from: number, timezone = 'UTC'): RecurrenceSeries => ({
  from,
  recurrence: { rule, timezone, durationMs: 1 },
});
const ruleOf = (parts: RruleParts): string =>
  Object.entries(parts)
    .map(([name, values]) => `${name}=${values.join(',')}`)
    .join(';');
/** Starts from 2026-01-01 to 2029-01-01, as days; DTSTART is 2026-01-01, a Thursday. */
const daysOf = (rule: string, timezone = 'UTC'): string[] => {
  const from = at('2026-01-01T00:00:00Z');
  return occurrencesIn(series(rule, from, timezone), { from, to: at('2029-01-01T00:00:00Z') }, 1_000).map((start) =>
    new Date(start.from).toISOString().slice(0, 10),
  );
};

describe('the days of an RRULE', () => {
  it.each([
    ['FREQ=YEARLY;BYYEARDAY=100,60;BYDAY=TU,TH,FR', ['2026-04-10', '2028-02-29']],
    ['FREQ=YEARLY;BYYEARDAY=100,60;BYDAY=1SU,2MO,MO', ['2027-03-01']],
    [
      'FREQ=YEARLY;BYYEARDAY=1,60,-1;BYMONTHDAY=1',
      ['2026-01-01', '2026-03-01', '2027-01-01', '2027-03-01', '2028-01-01'],
    ],
    ['FREQ=YEARLY;BYMONTH=1;BYYEARDAY=1,60;BYDAY=TH,FR', ['2026-01-01', '2027-01-01']],
    ['FREQ=YEARLY;BYMONTHDAY=13;BYDAY=FR;BYMONTH=1,2,3', ['2026-02-13', '2026-03-13']],
    ['FREQ=YEARLY;BYMONTHDAY=13;BYDAY=2FR;BYMONTH=2', ['2026-02-13']],
    [
      'FREQ=YEARLY;BYDAY=1MO,SU;BYMONTH=1;BYSETPOS=1,-1',
      ['2026-01-04', '2026-01-25', '2027-01-03', '2027-01-31', '2028-01-02', '2028-01-30'],
    ],
    ['FREQ=YEARLY;BYWEEKNO=1,20;BYDAY=MO', ['2026-05-11', '2027-01-04', '2027-05-17', '2028-01-03', '2028-05-15']],
    ['FREQ=YEARLY;BYWEEKNO=20;BYMONTHDAY=11,18;BYDAY=MO', ['2026-05-11']],
    ['FREQ=YEARLY;BYYEARDAY=100,60;BYDAY=TU,TH,FR;COUNT=1', ['2026-04-10']],
    ['FREQ=YEARLY;BYYEARDAY=100,60;BYDAY=TU,TH,FR;UNTIL=20270101T000000Z', ['2026-04-10']],
    ['FREQ=YEARLY;INTERVAL=2;BYYEARDAY=100,60;BYDAY=SU,TU', ['2026-03-01', '2028-02-29', '2028-04-09']],
  ])('are those that all its parts name: %s', (rule, days) => {
    expect(daysOf(rule)).toEqual(days);
  });

  it('are those of the wall clock at the turn of a year', () => {
    const from = at('2026-01-01T00:00:00Z');
    const last = series('FREQ=YEARLY;BYYEARDAY=1,-1;BYDAY=TH,FR', from, 'Pacific/Kiritimati');
    expect(occurrencesIn(last, { from, to: at('2028-06-01T00:00:00Z') }, 10).map((start) => start.from)).toEqual(
      // 14:00 on 1 January 2026 there; the days are 2026-12-31, 2027-01-01 and 2027-12-31.
      ['2026-01-01T00:00:00Z', '2026-12-31T00:00:00Z', '2027-01-01T00:00:00Z', '2027-12-31T00:00:00Z'].map(at),
    );
  });

  it('can be none: such a rule is rejected', () => {
    const never = series('FREQ=YEARLY;BYYEARDAY=100;BYMONTHDAY=1', at('2026-01-01T00:00:00Z'));
    expect(recurrenceIssue(never)?.problem).toMatch(/must have an occurrence within five years/);
  });

  it('are those of an enumeration of every hour, for every combination of parts', () => {
    const numbers = (min: number, max: number, isSigned = true): fc.Arbitrary<string[]> =>
      fc.uniqueArray(
        fc.integer({ min, max }).chain((one) => fc.constantFrom(...(isSigned ? [one, -one] : [one])).map(String)),
        { minLength: 1, maxLength: 4 },
      );
    const maybe = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
      fc.option(values, { nil: undefined, freq: 1 });
    const weekday = fc.constantFrom(...WEEKDAYS);
    const numbered = fc
      .tuple(fc.constantFrom('', '', '1', '2', '-1', '-2', '5', '-5'), weekday)
      .map((two) => two.join(''));
    const rules = fc
      .record({
        FREQ: fc.constantFrom('YEARLY', 'YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY'),
        INTERVAL: maybe(fc.constantFrom('1', '2', '3')),
        BYMONTH: maybe(numbers(1, 12, false)),
        BYMONTHDAY: maybe(numbers(1, 31)),
        BYYEARDAY: maybe(numbers(1, 366)),
        BYWEEKNO: maybe(numbers(1, 53)),
        plain: maybe(fc.uniqueArray(weekday, { minLength: 1, maxLength: 4 })),
        numbered: maybe(fc.uniqueArray(numbered, { minLength: 1, maxLength: 4 })),
        BYHOUR: maybe(numbers(0, 23, false)),
        BYSETPOS: maybe(numbers(1, 3)),
        WKST: maybe(weekday),
        COUNT: maybe(fc.constantFrom('1', '3', '10')),
      })
      .map(({ plain, numbered: days, ...parts }): RruleParts => {
        const isYearly = parts.FREQ === 'YEARLY';
        const allowed = {
          ...parts,
          BYMONTHDAY: parts.FREQ === 'WEEKLY' ? undefined : parts.BYMONTHDAY,
          BYYEARDAY: isYearly || parts.FREQ === 'HOURLY' ? parts.BYYEARDAY : undefined,
          BYWEEKNO: isYearly ? parts.BYWEEKNO : undefined,
          BYDAY: (isYearly && !parts.BYWEEKNO) || parts.FREQ === 'MONTHLY' ? (days ?? plain) : plain,
        };
        const hasBy = Object.entries(allowed).some(
          ([name, value]) => /^BY(?!SETPOS)/.test(name) && value !== undefined,
        );
        const used = { ...allowed, BYSETPOS: hasBy ? allowed.BYSETPOS : undefined };
        return Object.fromEntries(
          Object.entries(used).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value].flat()]])),
        );
      });
    fc.assert(
      fc.property(rules, fc.integer({ min: 0, max: 24 * 365 - 1 }), (parts, hour) => {
        const from = at('2026-01-01T00:00:00Z') + hour * 3_600_000;
        const to = from + 450 * DAY;
        const enumerated = enumerateRrule(parts, from, to);
        const found = occurrencesIn(series(ruleOf(parts), from), { from, to }, 20_000).map((start) => start.from);
        expect([ruleOf(parts), found]).toEqual([ruleOf(parts), enumerated]);
      }),
      { numRuns: 60 },
    );
  });
});
