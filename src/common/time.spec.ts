import fc from 'fast-check';
import { parseTimestamp, toTimestamp } from './time.js';

describe('a timestamp', () => {
  it.each([
    ['2026-01-31T12:00:00.000Z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T12:00Z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T13:00:00+01:00', Date.UTC(2026, 0, 31, 12)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2026-01-31T12:00:00.123456789Z', Date.UTC(2026, 0, 31, 12, 0, 0, 123)],
  ])('%s is parsed', (text, milliseconds) => {
    expect(parseTimestamp(text)).toBe(milliseconds);
  });

  it.each([
    '2026-02-30T12:00:00Z',
    '2025-02-29T12:00:00Z',
    '2026-13-01T12:00:00Z',
    '2026-01-31T25:00:00Z',
    '2026-01-31T12:00:00',
    '2026-01-31',
    '2026-W05-6T12:00:00Z',
    'Sat, 31 Jan 2026 12:00:00 GMT',
    '2026-01-31T12:00:00Z\n',
    '',
  ])('%j is refused', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it('is parsed as it was formatted', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (milliseconds) => {
        expect(parseTimestamp(toTimestamp(milliseconds))).toBe(milliseconds);
      }),
    );
  });
});
