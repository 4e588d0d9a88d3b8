/** A part of an RRULE whose values are a list of numbers from `least` to `most`; `isSigned`: or of as many from the end. */
interface Numbers {
  readonly least: number;
  readonly most: number;
  readonly isSigned?: true;
}

const NUMBERS: Readonly<Record<string, Numbers>> = {
  BYSECOND: { least: 0, most: 59 },
  BYMINUTE: { least: 0, most: 59 },
  BYHOUR: { least: 0, most: 23 },
  BYMONTHDAY: { least: 1, most: 31, isSigned: true },
  BYYEARDAY: { least: 1, most: 366, isSigned: true },
  BYWEEKNO: { least: 1, most: 53, isSigned: true },
  BYMONTH: { least: 1, most: 12 },
  BYSETPOS: { least: 1, most: 366, isSigned: true },
};

const TEXTS: Readonly<Record<string, { readonly form: RegExp; readonly told: string }>> = {
  FREQ: {
    form: /^(YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY|MINUTELY|SECONDLY)$/,
    told: 'YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY',
  },
  INTERVAL: { form: /^[1-9]\d{0,3}$/, told: 'a whole number from 1 to 9999' },
  COUNT: { form: /^[1-9]\d{0,2}$/, told: 'a whole number from 1 to 999' },
  UNTIL: { form: /^\d{8}T\d{6}Z$/, told: 'a time in UTC such as 20261231T230000Z' },
  BYDAY: {
    form: /^([+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU))(,[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU))*$/,
    told: 'a list of MO, TU, WE, TH, FR, SA, SU, each with a number before it or without',
  },
  WKST: { form: /^(MO|TU|WE|TH|FR|SA|SU)$/, told: 'one of MO, TU, WE, TH, FR, SA, SU' },
};

const PREFIX = /^RRULE:/i;

/** Whether a rule is meant as an RRULE of RFC 5545, and not as a cron expression. */
export function isRrule(rule: string): boolean {
  return PREFIX.test(rule) || /(^|;)FREQ=/i.test(rule);
}

/** The rule in capitals, without `RRULE:`. */
export function normalRrule(rule: string): string {
  return rule.replace(PREFIX, '').toUpperCase();
}

/** How often a rule comes up in all; undefined where it does not say. */
export function countOf(rule: string): number | undefined {
  const [, , count] = /(^|;)COUNT=(\d+)/.exec(normalRrule(rule)) ?? [];
  return count === undefined ? undefined : Number(count);
}

/** What is wrong with the form of an RRULE: libraries pass over parts and values that they do not know. Undefined where nothing is. */
export function rruleIssue(rule: string): string | undefined {
  const parts = normalRrule(rule).split(';');
  const names = parts.map((part) => part.split('=', 1)[0] ?? '');
  if (names.includes('DTSTART') || names.some((name) => name.startsWith('DTSTART')))
    return "must not hold DTSTART: 'from' says when it begins";
  for (const [index, part] of parts.entries()) {
    const name = names[index] ?? '';
    if (names.indexOf(name) !== index) return `must hold ${name} only once`;
    const mistake = mistakeInPart(name, part.slice(name.length + 1));
    if (mistake !== undefined) return mistake;
  }
  if (!names.includes('FREQ')) return 'must say FREQ';
  if (names.includes('COUNT') && names.includes('UNTIL')) return 'must hold COUNT or UNTIL, not both';
  return undefined;
}

function mistakeInPart(name: string, value: string): string | undefined {
  const text = TEXTS[name];
  if (text) return text.form.test(value) ? undefined : `must hold ${name} as ${text.told}`;
  const numbers = NUMBERS[name];
  if (!numbers)
    return `must hold only ${[...Object.keys(TEXTS), ...Object.keys(NUMBERS)].join(', ')}, each with a value`;
  const { least, most, isSigned } = numbers;
  const isWithin = (number: string): boolean =>
    /^[+-]?\d{1,3}$/.test(number) &&
    (isSigned === true || /^\d/.test(number)) &&
    Math.abs(Number(number)) >= least &&
    Math.abs(Number(number)) <= most;
  return value.split(',').every(isWithin)
    ? undefined
    : `must hold ${name} as a list of whole numbers from ${least} to ${most}${isSigned ? ', or negative ones, counted from the end' : ''}`;
}
