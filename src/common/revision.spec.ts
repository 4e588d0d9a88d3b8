import { parseRevision } from './revision.js';

describe('a revision', () => {
  it('is parsed up to the largest of 64 bits', () => {
    expect(parseRevision('0')).toBe(0n);
    expect(parseRevision('9223372036854775807')).toBe(9_223_372_036_854_775_807n);
  });

  it.each(['', '-1', '1.0', '1e3', ' 1', '1\n', '9223372036854775808', '00000000000000000001'])(
    '%j is refused',
    (text) => {
      expect(parseRevision(text)).toBeUndefined();
    },
  );
});
