import fc from 'fast-check';
import { formatDuration, parseDuration } from './durations.js';

describe('a duration', () => {
  it.each([
    ['10s', 10_000],
    ['500ms', 500],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['0s', 0],
    ['90m', 5_400_000],
    ['1m5ms', 60_005],
  ])('%s is %d milliseconds', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '10', 's', '10 s', '1.5s', '-1s', '30s1m', '1s1s', '1e3s', '10S', '10sec', '1s\n', '9999999999s'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it('is written as it is read', () => {
    fc.assert(
      fc.property(
        fc.nat(1_000_000_000_000),
        (milliseconds) => parseDuration(formatDuration(milliseconds)) === milliseconds,
      ),
    );
  });
});
