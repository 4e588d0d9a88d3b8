import { isPrintable, printable, truncate } from './text.js';

describe('truncate', () => {
  it.each([
    ['short', 5, 'short'],
    ['longer', 5, 'long…'],
    ['abc😀def', 5, 'abc…'],
    ['', 5, ''],
  ])('of %j to %d characters is %j', (text, maxLength, expected) => {
    expect(truncate(text, maxLength)).toBe(expected);
  });
});

describe('printable', () => {
  it('replaces what would break a log line, a terminal or UTF-8', () => {
    expect(printable('a\nb\u2028c\ud800d\u001b[31m')).toBe('a�b�c�d�[31m');
    expect(isPrintable('a\nb')).toBe(false);
    expect(isPrintable('Größe 😀')).toBe(true);
  });

  it('is no longer than its limit', () => {
    expect(printable('x'.repeat(100))).toHaveLength(80);
    expect(printable('\0'.repeat(100), 10)).toBe(`${'�'.repeat(9)}…`);
  });
});
