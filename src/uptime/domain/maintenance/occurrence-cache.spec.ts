import fc from 'fast-check';
import { cachedOccurrencesIn } from './occurrence-cache.js';
import { occurrencesIn } from './recurrence-occurrences.js';

const DAY = 86_400_000;
const BEGINNING = Date.UTC(2026, 0, 1);

describe('the occurrence cache', () => {
  it('returns the occurrences of the rule for any range, cached or not', () => {
    const recurrences = fc.record({
      rule: fc.constantFrom(
        '0 2 * * SUN',
        'FREQ=DAILY;INTERVAL=3;BYHOUR=1,13',
        'FREQ=MONTHLY;BYDAY=-1FR',
        'FREQ=WEEKLY;COUNT=20;BYDAY=MO,TH',
        '30 */6 1-7 * *',
      ),
      timezone: fc.constantFrom('UTC', 'Europe/Amsterdam'),
      durationMs: fc.integer({ min: 1, max: 3 * DAY }),
      until: fc.integer({ min: BEGINNING, max: BEGINNING + 900 * DAY }),
    });
    const ranges = fc.array(
      fc.record({
        from: fc.integer({ min: BEGINNING - 50 * DAY, max: BEGINNING + 700 * DAY }),
        length: fc.integer({ min: 0, max: 100 * DAY }),
      }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(recurrences, ranges, (recurrence, asked) => {
        const recurring = { from: BEGINNING + 3_600_000, recurrence };
        for (const { from, length } of asked) {
          const range = { from, to: from + length };
          expect(cachedOccurrencesIn(recurring, range)).toEqual(occurrencesIn(recurring, range, 10_000));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('evicts entries beyond its limit, and computes them again', () => {
    const hourly = (day: number): number =>
      cachedOccurrencesIn(
        { from: BEGINNING + day, recurrence: { rule: 'FREQ=HOURLY', timezone: 'UTC', durationMs: 1 } },
        { from: BEGINNING, to: BEGINNING + 30 * DAY },
      ).length;
    const first = hourly(0);
    for (let other = 1; other < 145; other++) hourly(other);
    expect(hourly(0)).toBe(first);
  });
});
