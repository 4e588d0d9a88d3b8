import { DAY_MS } from '../../../common/durations.js';

/** BYDAY's names in the order of `Date.getUTCDay`. */
const WEEKDAYS: readonly string[] = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
/** Parts that name days; each limits the days of the others (RFC 5545, 3.3.10, the table of expanding and limiting). */
const DAY_PARTS: readonly string[] = ['BYMONTHDAY', 'BYYEARDAY', 'BYWEEKNO', 'BYDAY'];

/** Values of an RRULE by the name of their part. */
type Parts = ReadonlyMap<string, readonly string[]>;

/** A day of the calendar. */
interface Day {
  readonly date: Date;
  readonly dayOfYear: number;
  readonly daysOfYear: number;
  readonly dayOfMonth: number;
  readonly daysOfMonth: number;
}

/**
 * An RRULE whose days rrule-temporal does not intersect (2.2.8): it adds the days of BYYEARDAY, BYMONTHDAY and BYDAY of
 * a YEARLY rule, and leaves out weekdays without a number beside those with one. It expands the rules of {@link
 * ruleOfYear} instead.
 *
 * @param rule in upper case, valid
 */
export function needsDaysOfYear(rule: string): boolean {
  const parts = partsOf(rule);
  if (parts.get('FREQ')?.[0] !== 'YEARLY') return false;
  const isNumbered = (parts.get('BYDAY') ?? []).map((weekday) => weekday.length > 2);
  return DAY_PARTS.filter((name) => parts.has(name)).length > 1 || new Set(isNumbered).size > 1;
}

/**
 * The same rule with the days that it names in a year as BYYEARDAY and without COUNT; only valid for that year.
 *
 * @param rule for which {@link needsDaysOfYear}
 * @param weekday of DTSTART, from 0, Sunday: that of BYWEEKNO without BYDAY
 * @returns undefined if no day of the year is named
 */
export function ruleOfYear(rule: string, year: number, weekday: number): string | undefined {
  const parts = partsOf(rule);
  const days = daysOf(year)
    .filter((day) => isNamed(day, parts, weekday))
    .map(({ dayOfYear }) => dayOfYear);
  if (days.length === 0) return undefined;
  const kept = rule.split(';').filter((part) => !/^(BYMONTH|BYMONTHDAY|BYYEARDAY|BYWEEKNO|BYDAY|COUNT)=/.test(part));
  return [...kept, `BYYEARDAY=${days.join(',')}`].join(';');
}

function partsOf(rule: string): Parts {
  return new Map(
    rule.split(';').map((part): [string, string[]] => {
      const [name = '', values = ''] = part.split('=');
      return [name, values.split(',')];
    }),
  );
}

function daysOf(year: number): Day[] {
  const daysOfYear = daysBetween(Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1));
  return Array.from({ length: daysOfYear }, (_, index) => {
    const date = new Date(Date.UTC(year, 0, 1 + index));
    const daysOfMonth = new Date(Date.UTC(year, date.getUTCMonth() + 1, 0)).getUTCDate();
    return { date, dayOfYear: index + 1, daysOfYear, dayOfMonth: date.getUTCDate(), daysOfMonth };
  });
}

function isNamed(day: Day, parts: Parts, weekdayOfStart: number): boolean {
  const { date, dayOfYear, daysOfYear, dayOfMonth, daysOfMonth } = day;
  const weekdays =
    parts.get('BYDAY') ??
    (parts.has('BYWEEKNO') && !parts.has('BYMONTHDAY') && !parts.has('BYYEARDAY')
      ? [WEEKDAYS[weekdayOfStart] ?? '']
      : undefined);
  return (
    isOneOf(parts.get('BYMONTH'), date.getUTCMonth() + 1, 12) &&
    isOneOf(parts.get('BYMONTHDAY'), dayOfMonth, daysOfMonth) &&
    isOneOf(parts.get('BYYEARDAY'), dayOfYear, daysOfYear) &&
    (!parts.has('BYWEEKNO') || isInWeeks(parts, date)) &&
    (weekdays === undefined || weekdays.some((weekday) => isWeekday(day, weekday, parts.has('BYMONTH'))))
  );
}

/** @param last what -1 counts from */
function isOneOf(numbers: readonly string[] | undefined, number: number, last: number): boolean {
  return numbers === undefined || numbers.map(Number).some((one) => one === number || one + last + 1 === number);
}

/** @param weekday `TU`, or `-1FR`: the last one of the month if months are named, else of the year */
function isWeekday(day: Day, weekday: string, hasMonths: boolean): boolean {
  if (WEEKDAYS[day.date.getUTCDay()] !== weekday.slice(-2)) return false;
  const nth = Number(weekday.slice(0, -2));
  const [number, last] = hasMonths ? [day.dayOfMonth, day.daysOfMonth] : [day.dayOfYear, day.daysOfYear];
  return nth === 0 || nth === Math.ceil(number / 7) || -nth === Math.ceil((last - number + 1) / 7);
}

/** A week is of the year in which its fourth day is. A day keeps its calendar year even if its week is of another. */
function isInWeeks(parts: Parts, date: Date): boolean {
  const weekStart = WEEKDAYS.indexOf(parts.get('WKST')?.[0] ?? 'MO');
  const fourthDay = new Date(date.getTime() + (3 - ((date.getUTCDay() - weekStart + 7) % 7)) * DAY_MS);
  const year = fourthDay.getUTCFullYear();
  const before = daysBetween(Date.UTC(year, 0, 1), fourthDay.getTime());
  const after = daysBetween(fourthDay.getTime(), Date.UTC(year, 11, 31));
  const week = Math.floor(before / 7) + 1;
  return isOneOf(parts.get('BYWEEKNO'), week, week + Math.floor(after / 7));
}

function daysBetween(from: number, to: number): number {
  return Math.round((to - from) / DAY_MS);
}
