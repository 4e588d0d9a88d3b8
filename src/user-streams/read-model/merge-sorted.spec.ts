import fc from 'fast-check';
import { mergeSorted } from './merge-sorted.js';

const byValue = (one: number, other: number): number => one - other;

describe('merging sorted iterables', () => {
  it('gives the values of all in order, equal ones once', () => {
    const sorted = fc.uniqueArray(fc.integer({ min: 0, max: 20 })).map((values) => values.sort(byValue));
    fc.assert(
      fc.property(fc.array(sorted, { maxLength: 5 }), (sources) => {
        expect([...mergeSorted(sources, byValue)]).toEqual([...new Set(sources.flat())].sort(byValue));
      }),
    );
  });

  it('takes no more than is asked for, and closes its sources', () => {
    let taken = 0;
    let closed = 0;
    const source = function* (): Iterable<number> {
      try {
        for (;;) yield taken++;
      } finally {
        closed++;
      }
    };
    for (const value of mergeSorted([source(), source()], byValue)) if (value >= 3) break;
    expect(taken).toBeLessThan(10);
    expect(closed).toBe(2);
  });
});
