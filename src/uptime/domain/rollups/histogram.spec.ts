import fc from 'fast-check';
import { Histogram } from './histogram.js';

const SHARES = [0, 0.5, 0.95, 0.99, 1];
const histogramOf = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
};
const exactly = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * values.length)) - 1] ?? NaN;

/** Small and large values: microseconds up to hours, beyond the range of bitwise operators. */
const values = fc.array(
  fc.oneof(fc.nat(40), fc.nat(10_000), fc.nat(5_000_000), fc.integer({ min: 2 ** 31, max: 2 ** 40 })),
  { minLength: 1, maxLength: 200 },
);

describe('a histogram of response times', () => {
  it('has no quantiles if it is empty', () => {
    expect(new Histogram().quantiles(SHARES)).toBeUndefined();
    expect(new Histogram().toStored()).toEqual([]);
  });

  it('is exact for values below 32', () => {
    expect(histogramOf([3, 1, 31, 17]).quantiles([0.25, 0.5, 0.75, 1])).toEqual([1, 3, 17, 31]);
  });

  it('gives any quantile within 1/32', () => {
    fc.assert(
      fc.property(values, (given) => {
        const found = histogramOf(given).quantiles(SHARES) ?? [];
        SHARES.forEach((share, index) => {
          const exact = exactly(given, share);
          expect(Math.abs((found[index] ?? NaN) - exact)).toBeLessThanOrEqual(exact / 32);
        });
      }),
    );
  });

  it('merges to the histogram of all values, in any order', () => {
    fc.assert(
      fc.property(values, values, (some, others) => {
        const merged = Histogram.of(histogramOf(some).toStored());
        merged.merge(histogramOf(others).toStored());
        expect(merged.toStored()).toEqual(histogramOf([...others, ...some]).toStored());
        expect(merged.count).toBe(some.length + others.length);
      }),
    );
  });

  it('is stored as two small integers for each non-empty bucket', () => {
    expect(histogramOf([2, 2, 5]).toStored()).toEqual([2, 2, 3, 1]);
    const steady = histogramOf(Array.from({ length: 8_640 }, (_, index) => 1_000 + ((index * 37) % 400)));
    expect(steady.toStored().length).toBeLessThanOrEqual(16);
  });
});
