const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/** Parts of an RRULE by name, such as `BYDAY: ['TU', '-1FR']`. */
export type RruleParts = Readonly<Record<string, readonly string[]>>;

/** A whole hour in UTC with what the rules of RFC 5545 look at. */
interface Slot {
  readonly at: number;
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  /** From 0, Sunday. */
  readonly weekday: number;
}

function slotOf(at: number): Slot {
  const date = new Date(at);
  return {
    at,
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    weekday: date.getUTCDay(),
  };
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
const dayOfYear = ({ year, month, day }: Slot): number => (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 0)) / DAY;
const daysOf = (year: number): number => (Date.UTC(year + 1, 0, 1) - Date.UTC(year, 0, 1)) / DAY;

/**
 * The occurrences of an RRULE in UTC by definition: every hour is asked whether the rule names it (RFC 5545, 3.3.10,
 * the table of expanding and limiting parts). Slow and independent of any library; DTSTART is at a whole hour.
 *
 * Without BYMINUTE and BYSECOND. A day is of the calendar year that it is in, also in a week 1 that began in the year
 * before.
 */
export function enumerateRrule(parts: RruleParts, dtstart: number, to: number): number[] {
  const interval = Number(parts.INTERVAL?.[0] ?? 1);
  const start = slotOf(dtstart);
  const sets = new Map<number, Slot[]>();
  // From the beginning of the first period: a position in it counts what is before DTSTART too.
  for (let at = Date.UTC(start.year, 0, 1) - 7 * DAY; at < to + 400 * DAY; at += HOUR) {
    const slot = slotOf(at);
    const period = periodOf(slot, parts) - periodOf(start, parts);
    if (period < 0 || period % interval !== 0 || !isNamed(slot, parts, start)) continue;
    const set = sets.get(period);
    if (set) set.push(slot);
    else sets.set(period, [slot]);
  }
  return [...sets.values()]
    .flatMap((set) => positionsOf(set, parts.BYSETPOS))
    .map(({ at }) => at)
    .filter((at) => at >= dtstart && at < to)
    .slice(0, Number(parts.COUNT?.[0] ?? Infinity));
}

/** The number of the period of FREQ in which a slot is. */
function periodOf({ at, year, month }: Slot, parts: RruleParts): number {
  switch (parts.FREQ?.[0]) {
    case 'YEARLY':
      return year;
    case 'MONTHLY':
      return year * 12 + month;
    case 'WEEKLY':
      // 1970 began on a Thursday.
      return Math.floor((at / DAY + 4 - weekStartOf(parts)) / 7);
    case 'DAILY':
      return Math.floor(at / DAY);
    default:
      return Math.floor(at / HOUR);
  }
}

function weekStartOf(parts: RruleParts): number {
  return WEEKDAYS.indexOf(parts.WKST?.[0] ?? 'MO');
}

/** A week is of the year that has at least four of its days. */
function isInWeeks(weeks: readonly string[], { at, weekday }: Slot, weekStart: number): boolean {
  const middleOf = (day: number, itsWeekday: number): number => day - ((itsWeekday - weekStart + 7) % 7) + 3;
  const middle = slotOf(middleOf(Math.floor(at / DAY), weekday) * DAY);
  const last = Math.ceil(dayOfYear(lastMiddleOf(middle)) / 7);
  return isIn(weeks, Math.ceil(dayOfYear(middle) / 7), last);
}

/** The same weekday at the end of its year. */
function lastMiddleOf(slot: Slot): Slot {
  const next = slotOf(slot.at + 7 * DAY);
  return next.year === slot.year ? lastMiddleOf(next) : slot;
}

function isNamed(slot: Slot, parts: RruleParts, start: Slot): boolean {
  const { BYMONTH, BYMONTHDAY, BYYEARDAY, BYWEEKNO, BYDAY, BYHOUR } = parts;
  const [freq] = parts.FREQ ?? [];
  const namesDays = (BYMONTHDAY ?? BYYEARDAY ?? BYDAY) !== undefined;
  const { year, month, day, hour, weekday } = slot;
  const isDayOfStart = (): boolean => {
    if (freq === 'WEEKLY' || BYWEEKNO !== undefined) return weekday === start.weekday;
    if (freq === 'MONTHLY') return day === start.day;
    return freq !== 'YEARLY' || (day === start.day && (BYMONTH !== undefined || month === start.month));
  };
  if (BYHOUR === undefined ? freq !== 'HOURLY' && hour !== start.hour : !BYHOUR.map(Number).includes(hour))
    return false;
  return (
    (BYMONTH === undefined || BYMONTH.map(Number).includes(month)) &&
    isIn(BYMONTHDAY, day, daysIn(year, month)) &&
    isIn(BYYEARDAY, dayOfYear(slot), daysOf(year)) &&
    (BYWEEKNO === undefined || isInWeeks(BYWEEKNO, slot, weekStartOf(parts))) &&
    (BYDAY === undefined || BYDAY.some((entry) => isWeekday(slot, entry, parts))) &&
    (namesDays || isDayOfStart())
  );
}

function isIn(numbers: readonly string[] | undefined, number: number, last: number): boolean {
  return numbers === undefined || numbers.map(Number).some((one) => one === number || one + last + 1 === number);
}

/** `TU`, or `-1FR`: the last of the month, or of the year where no months are named. */
function isWeekday(slot: Slot, entry: string, { FREQ, BYMONTH }: RruleParts): boolean {
  if (WEEKDAYS[slot.weekday] !== entry.slice(-2)) return false;
  const nth = Number(entry.slice(0, -2));
  if (nth === 0) return true;
  const [day, last] =
    FREQ?.[0] === 'YEARLY' && BYMONTH === undefined
      ? [dayOfYear(slot), daysOf(slot.year)]
      : [slot.day, daysIn(slot.year, slot.month)];
  return nth === Math.ceil(day / 7) || nth === -Math.ceil((last - day + 1) / 7);
}

function positionsOf(set: readonly Slot[], positions: readonly string[] | undefined): readonly Slot[] {
  if (positions === undefined) return set;
  return set.filter((_, index) => isIn(positions, index + 1, set.length));
}
