import { recurrenceIssue, occurrencesIn } from './recurrence-occurrences.js';
import { type Recurrence, type RecurrenceSeries } from './recurrence.js';
import { type TimeRange } from '../timeline/time-ranges.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AMSTERDAM = 'Europe/Amsterdam';

const at = (instant: string): number => Date.parse(instant);
const recurring = (
  rule: string,
  { from = '2026-01-01T00:00:00Z', ...rest }: Partial<Omit<Recurrence, 'rule'>> & { from?: string } = {},
): RecurrenceSeries => ({ from: at(from), recurrence: { rule, timezone: AMSTERDAM, durationMs: HOUR, ...rest } });
const days = (from: string, to: string): TimeRange => ({ from: at(`${from}T00:00:00Z`), to: at(`${to}T00:00:00Z`) });
/** Start times in UTC, without seconds and milliseconds. */
const starts = (rule: RecurrenceSeries, window: TimeRange, limit = 100): string[] =>
  occurrencesIn(rule, window, limit).map(({ from }) => new Date(from).toISOString().replace(':00.000Z', 'Z'));

describe('occurrences', () => {
  it('follow the wall clock of the time zone and last durationMs', () => {
    const sundays = recurring('FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0;BYSECOND=0', { durationMs: 2 * HOUR });
    expect(occurrencesIn(sundays, days('2026-06-01', '2026-06-15'), 100)).toEqual([
      { from: at('2026-06-07T00:00:00Z'), to: at('2026-06-07T02:00:00Z') },
      { from: at('2026-06-14T00:00:00Z'), to: at('2026-06-14T02:00:00Z') },
    ]);
    expect(starts(recurring('0 2 * * SUN'), days('2026-06-01', '2026-06-15'))).toEqual([
      '2026-06-07T00:00Z',
      '2026-06-14T00:00Z',
    ]);
  });

  it.each(['FREQ=DAILY', '0 0 * * *'])('include those that start before the window and overlap it: %s', (rule) => {
    const nightly = recurring(rule, { timezone: 'UTC', durationMs: 2 * HOUR });
    const from = at('2026-03-10T00:00:00Z');
    expect(starts(nightly, { from: from + 2 * HOUR - 1, to: from + 3 * HOUR })).toEqual(['2026-03-10T00:00Z']);
    expect(starts(nightly, { from: from + 2 * HOUR, to: from + DAY })).toEqual([]);
    expect(starts(nightly, { from: from + 2 * HOUR, to: from + DAY + 1 })).toEqual(['2026-03-11T00:00Z']);
  });

  it.each(['FREQ=DAILY', '0 0 * * *'])('start neither before from nor at or after until: %s', (rule) => {
    const few = recurring(rule, { timezone: 'UTC', from: '2026-03-01T00:00:00Z', until: at('2026-03-03T00:00:00Z') });
    expect(starts(few, days('2020-01-01', '2030-01-01'))).toEqual(['2026-03-01T00:00Z', '2026-03-02T00:00Z']);
  });

  it.each(['FREQ=HOURLY', '0 * * * *'])('are limited to the first ones: %s', (rule) => {
    expect(starts(recurring(rule, { timezone: 'UTC', durationMs: 1 }), days('2026-02-01', '2027-02-01'), 3)).toEqual([
      '2026-02-01T00:00Z',
      '2026-02-01T01:00Z',
      '2026-02-01T02:00Z',
    ]);
  });

  it('are counted from the start of a rule with COUNT, in any window', () => {
    const thrice = recurring('RRULE:FREQ=WEEKLY;COUNT=3', { timezone: 'UTC' });
    expect(starts(thrice, days('2026-01-05', '2027-01-01'))).toEqual(['2026-01-08T00:00Z', '2026-01-15T00:00Z']);
    const many = recurring('FREQ=WEEKLY;COUNT=999', { timezone: 'UTC' });
    expect(starts(many, { from: at('2031-06-05T00:00:00Z'), to: at('2031-06-06T02:00:00Z') })).toEqual([
      '2031-06-05T00:00Z',
    ]);
  });

  it('are empty for an unsupported rule, as another version may have recorded it', () => {
    for (const rule of ['FREQ=FORTNIGHTLY', '* * * * * * *', 'FREQ=SECONDLY'])
      expect(starts(recurring(rule), days('2026-01-01', '2027-01-01'))).toEqual([]);
    expect(starts(recurring('0 2 * * *', { timezone: 'Mars/Olympus' }), days('2026-01-01', '2027-01-01'))).toEqual([]);
  });

  it('are the same for a whole window and for its parts', () => {
    for (const rule of [
      'FREQ=DAILY;INTERVAL=3;BYHOUR=1,13',
      'FREQ=MONTHLY;BYDAY=-1FR',
      '30 1-3 * * *',
      '0 4 1,15 * *',
    ]) {
      const whole = starts(recurring(rule), days('2026-01-01', '2027-01-01'), 2_000);
      const parts = Array.from({ length: 73 }, (_, index) => at('2026-01-01T00:00:00Z') + index * 5 * DAY).flatMap(
        (from) => starts(recurring(rule, { durationMs: 1 }), { from, to: from + 5 * DAY }),
      );
      expect(parts).toEqual(whole);
    }
  });
});

describe('when the clocks change in Amsterdam', () => {
  const spring = days('2026-03-28', '2026-03-31');
  const autumn = days('2026-10-24', '2026-10-27');

  it('a rule follows the wall clock', () => {
    const expected = ['2026-03-28T03:30Z', '2026-03-29T02:30Z', '2026-03-30T02:30Z'];
    expect(starts(recurring('FREQ=DAILY;BYHOUR=4;BYMINUTE=30'), spring)).toEqual(expected);
    expect(starts(recurring('30 4 * * *'), spring)).toEqual(expected);
    expect(starts(recurring('FREQ=DAILY', { from: '2026-01-01T03:30:00Z' }), spring)).toEqual(expected);
  });

  it('a skipped time has no occurrence in an RRULE, and moves to the end of the gap in a cron expression', () => {
    expect(starts(recurring('FREQ=DAILY;BYHOUR=2;BYMINUTE=30'), spring)).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-30T00:30Z',
    ]);
    expect(starts(recurring('30 2 * * *'), spring)).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
    ]);
  });

  it('a time in the repeated hour occurs the first time only', () => {
    const expected = ['2026-10-24T00:30Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z'];
    expect(starts(recurring('FREQ=DAILY;BYHOUR=2;BYMINUTE=30'), autumn)).toEqual(expected);
    expect(starts(recurring('30 2 * * *'), autumn)).toEqual(expected);
  });

  it('an hourly cron expression occurs every elapsed hour', () => {
    const night = { from: at('2026-10-24T23:00:00Z'), to: at('2026-10-25T03:00:00Z') };
    expect(starts(recurring('30 * * * *', { durationMs: 1 }), night)).toEqual([
      '2026-10-24T23:30Z',
      '2026-10-25T00:30Z',
      '2026-10-25T01:30Z',
      '2026-10-25T02:30Z',
    ]);
    expect(
      starts(recurring('30 * * * *', { durationMs: 1 }), {
        from: at('2026-03-29T00:00:00Z'),
        to: at('2026-03-29T03:00:00Z'),
      }),
    ).toEqual(['2026-03-29T00:30Z', '2026-03-29T01:30Z', '2026-03-29T02:30Z']);
  });

  it('an occurrence lasts the same elapsed time', () => {
    expect(
      occurrencesIn(
        recurring('0 1 * * *', { durationMs: 3 * HOUR }),
        { from: at('2026-03-29T00:00:00Z'), to: at('2026-03-29T01:00:00Z') },
        10,
      ),
    ).toEqual([{ from: at('2026-03-29T00:00:00Z'), to: at('2026-03-29T03:00:00Z') }]);
  });
});

describe('recurrenceIssue', () => {
  it.each([
    'FREQ=WEEKLY;BYDAY=SU',
    'RRULE:FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=22',
    'freq=hourly',
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29',
    'FREQ=YEARLY;COUNT=20',
    'FREQ=WEEKLY;COUNT=999',
    'FREQ=DAILY;UNTIL=20260110T000000Z',
    '0 2 * * SUN',
    '0 0 29 2 *',
  ])('accepts %s', (rule) => {
    expect(recurrenceIssue(recurring(rule))).toBeUndefined();
  });

  it.each([
    ['', /must be an RRULE such as FREQ=WEEKLY;BYDAY=SU, or a cron expression of five fields/],
    ['every sunday', /must be an RRULE such as/],
    ['0 0 2 * * SUN', /a cron expression of five fields/],
    ['61 * * * *', /is not valid: .*minute: 61/],
    ['0 0 30 2 *', /must have an occurrence within five years/],
    ['* * * * *', /must not have more than 1000 occurrences within 30 days/],
    ['FREQ=FORTNIGHTLY', /must set FREQ to YEARLY, MONTHLY/],
    ['BYDAY=SU;FREQ=WEEKLY;BYDAY=MO', /must contain BYDAY only once/],
    ['FREQ=WEEKLY;BYDAY=XX', /must set BYDAY to one or more of MO, TU/],
    ['FREQ=DAILY;BYHOUR=2,24', /must set BYHOUR to integers from 0 to 23, separated by commas$/],
    ['FREQ=MONTHLY;BYMONTHDAY=-32', /from 1 to 31, separated by commas, or negative/],
    ['FREQ=DAILY;INTERVAL=0', /must set INTERVAL to an integer from 1/],
    ['FREQ=HOURLY;COUNT=1000', /must set COUNT to an integer from 1 to 999/],
    ['FREQ=DAILY;UNTIL=20260110', /must set UNTIL to a time in UTC/],
    ['FREQ=DAILY;COUNT=2;UNTIL=20260110T000000Z', /must contain COUNT or UNTIL, not both/],
    ['FREQ=DAILY;EXDATE=20260110T000000Z', /must contain only FREQ, INTERVAL/],
    ['FREQ=DAILY;', /must contain only FREQ, INTERVAL/],
    ['DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY', /must be an RRULE such as/],
    ['FREQ=DAILY;DTSTART=20260101T000000Z', /must not contain DTSTART: 'from' is the start/],
    ['FREQ=WEEKLY;BYWEEKNO=20', /is not valid: BYWEEKNO/],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', /must have an occurrence within five years/],
    ['* * 1 7 *', /must not have more than 1000 occurrences within 30 days/],
    ['FREQ=MINUTELY', /takes too long to evaluate: its occurrences are too frequent/],
    ['FREQ=SECONDLY;BYMONTH=3', /takes too long to evaluate: its occurrences are too frequent/],
    [
      `FREQ=DAILY;BYMINUTE=${Array.from({ length: 60 }, (_, minute) => minute).join(',')}`,
      /must not have more than 1000 occurrences within 30 days/,
    ],
    ['FREQ=YEARLY;COUNT=22', /must reach COUNT within twenty years/],
    ['FREQ=MINUTELY;COUNT=1;BYYEARDAY=210;BYMONTH=6', /must reach COUNT within twenty years/],
    [`FREQ=DAILY;BYHOUR=${'1,'.repeat(300)}1`, /must be at most 500 characters/],
  ])('rejects the rule %j with the reason', (rule, problem) => {
    expect(recurrenceIssue(recurring(rule))).toEqual({
      path: 'rule',
      problem: expect.stringMatching(problem) as string,
    });
  });

  it('rejects a recurrence that ends before its first occurrence', () => {
    expect(recurrenceIssue(recurring('0 2 * * *', { until: at('2026-01-01T01:00:00Z') }))?.problem).toMatch(
      /must have an occurrence within five years/,
    );
  });

  it.each(['Mars/Olympus', 'Europe/Amsterdam]', '+01:00', ''])('rejects the time zone %j', (timezone) => {
    expect(recurrenceIssue(recurring('0 2 * * *', { timezone }))).toEqual({
      path: 'timezone',
      problem: 'must be the IANA name of a time zone, such as Europe/Amsterdam',
    });
  });
});
