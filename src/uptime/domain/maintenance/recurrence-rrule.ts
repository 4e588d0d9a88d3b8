/** Limits of a comma-separated list of integers; a signed one may be negative, counted from the end. */
interface NumberPart {
  readonly min: number;
  readonly max: number;
  readonly isSigned?: true;
}

const NUMBER_PARTS: Readonly<Record<string, NumberPart>> = {
  BYSECOND: { min: 0, max: 59 },
  BYMINUTE: { min: 0, max: 59 },
  BYHOUR: { min: 0, max: 23 },
  BYMONTHDAY: { min: 1, max: 31, isSigned: true },
  BYYEARDAY: { min: 1, max: 366, isSigned: true },
  BYWEEKNO: { min: 1, max: 53, isSigned: true },
  BYMONTH: { min: 1, max: 12 },
  BYSETPOS: { min: 1, max: 366, isSigned: true },
};

const STRING_PARTS: Readonly<Record<string, { readonly pattern: RegExp; readonly expected: string }>> = {
  FREQ: {
    pattern: /^(YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY|MINUTELY|SECONDLY)$/,
    expected: 'YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY',
  },
  INTERVAL: { pattern: /^[1-9]\d{0,3}$/, expected: 'an integer from 1 to 9999' },
  COUNT: { pattern: /^[1-9]\d{0,2}$/, expected: 'an integer from 1 to 999' },
  UNTIL: { pattern: /^\d{8}T\d{6}Z$/, expected: 'a time in UTC such as 20261231T230000Z' },
  BYDAY: {
    pattern: /^([+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU))(,[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU))*$/,
    expected: 'one or more of MO, TU, WE, TH, FR, SA, SU, each with an optional number before it, separated by commas',
  },
  WKST: { pattern: /^(MO|TU|WE|TH|FR|SA|SU)$/, expected: 'one of MO, TU, WE, TH, FR, SA, SU' },
};

const PREFIX = /^RRULE:/i;

/** Whether a rule is an RRULE (RFC 5545) instead of a cron expression. */
export function isRrule(rule: string): boolean {
  return PREFIX.test(rule) || /(^|;)FREQ=/i.test(rule);
}

/** The rule in upper case, without `RRULE:`. */
export function normalizeRrule(rule: string): string {
  return rule.replace(PREFIX, '').toUpperCase();
}

/** COUNT of a rule: its total number of occurrences. */
export function rruleCount(rule: string): number | undefined {
  const [, , count] = /(^|;)COUNT=(\d+)/.exec(normalizeRrule(rule)) ?? [];
  return count === undefined ? undefined : Number(count);
}

/** The first syntax error of an RRULE, checked here because libraries ignore unknown parts and values. */
export function rruleIssue(rule: string): string | undefined {
  const parts = normalizeRrule(rule).split(';');
  const names = parts.map((part) => part.split('=', 1)[0] ?? '');
  if (names.some((name) => name.startsWith('DTSTART'))) return "must not contain DTSTART: 'from' is the start";
  for (const [index, part] of parts.entries()) {
    const name = names[index] ?? '';
    if (names.indexOf(name) !== index) return `must contain ${name} only once`;
    const problem = partProblem(name, part.slice(name.length + 1));
    if (problem !== undefined) return problem;
  }
  if (!names.includes('FREQ')) return 'must contain FREQ';
  if (names.includes('COUNT') && names.includes('UNTIL')) return 'must contain COUNT or UNTIL, not both';
  return undefined;
}

function partProblem(name: string, value: string): string | undefined {
  const stringPart = STRING_PARTS[name];
  if (stringPart) return stringPart.pattern.test(value) ? undefined : `must set ${name} to ${stringPart.expected}`;
  const numberPart = NUMBER_PARTS[name];
  if (!numberPart) {
    const names = [...Object.keys(STRING_PARTS), ...Object.keys(NUMBER_PARTS)];
    return `must contain only ${names.join(', ')}, each with a value`;
  }
  const { min, max, isSigned } = numberPart;
  const isWithin = (number: string): boolean =>
    /^[+-]?\d{1,3}$/.test(number) &&
    (isSigned === true || /^\d/.test(number)) &&
    Math.abs(Number(number)) >= min &&
    Math.abs(Number(number)) <= max;
  if (value.split(',').every(isWithin)) return undefined;
  const sign = isSigned ? ', or negative, counted from the end' : '';
  return `must set ${name} to integers from ${min} to ${max}, separated by commas${sign}`;
}
