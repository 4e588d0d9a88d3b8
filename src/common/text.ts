/** Control characters, line and paragraph separators, and lone surrogates, which UTF-8 cannot encode. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;
const ALL_UNPRINTABLE = new RegExp(UNPRINTABLE, 'gu');
const CUT_SURROGATE = /[\ud800-\udbff]$/;

/** Whether no character could break a log line, a terminal or UTF-8. */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

/** The string in at most `maxLength` characters (UTF-16), with U+FFFD for each unprintable one. */
export function printable(text: string, maxLength = 80): string {
  return truncate(text, maxLength).replace(ALL_UNPRINTABLE, '\u{fffd}');
}

/** The string, or its beginning and `…`: at most `maxLength` characters (UTF-16). */
export function truncate(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).replace(CUT_SURROGATE, '')}…`;
}
