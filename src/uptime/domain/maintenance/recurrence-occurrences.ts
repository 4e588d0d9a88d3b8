import { Cron } from 'croner';
import { RRuleTemporal } from 'rrule-temporal';
import { countOf, isRrule, rruleIssue, normalRrule } from './recurrence-rrule.js';
import { type Recurrence, type Recurring, MAX_RULE_LENGTH, MAX_OCCURRENCES } from './recurrence.js';
import { type TimeRange } from '../timeline/time-ranges.js';

const DAY_MS = 86_400_000;
const YEAR_MS = 366 * DAY_MS;
/** A rule that does not come up for so long is a mistake. */
const MAX_WAIT_MS = 5 * YEAR_MS;
/** All occurrences of a rule that counts them are within so much time. */
export const COUNTED_WITHIN_MS = 20 * YEAR_MS;
/** RRULEs are worked out so much at a time, so that one with very many occurrences is given up early; more where there are few. */
const STEP_MS = MAX_OCCURRENCES.withinMs;
const MAX_STEP_MS = 2 * YEAR_MS;
/** How many periods and candidates a step of an RRULE may look at. */
const MAX_EXAMINED = {
  maxIterations: 3 * MAX_OCCURRENCES.count,
  maxCandidateEvaluations: 5 * MAX_OCCURRENCES.count,
};
const CRON = /^\S+( +\S+){4}$/;
const TIME_ZONE = /^[A-Za-z][\w+-]*(\/[\w+-]+)*$/;

/** What is wrong with a recurrence, and with which part of it. */
export interface RecurrenceIssue {
  readonly path: 'rule' | 'timezone';
  readonly problem: string;
}

/**
 * The occurrences that touch a window, in order of their beginnings; they may overlap each other.
 *
 * Where the clocks are changed: a time that there is twice counts once, the first time, and a time that there is not is left out by an
 * RRULE (as RFC 5545 demands), while a cron expression begins when the gap ends. A cron expression with `*` or steps for its minutes or
 * hours is about time that passes: it comes up in both of two equal hours, and not in a missing one.
 *
 * @param recurring one that {@link recurrenceIssue} finds nothing wrong with; of another, what can be worked out
 * @param limit most of them; those that come after are left out
 */
export function occurrencesIn({ from, recurrence }: Recurring, window: TimeRange, limit: number): TimeRange[] {
  const { durationMs, until = Infinity } = recurrence;
  const within = { from: Math.max(from, window.from - durationMs + 1), to: Math.min(until, window.to) };
  const occurrences: TimeRange[] = [];
  if (within.to <= within.from || limit <= 0) return occurrences;
  try {
    for (const begins of beginningsIn(from, recurrence, within)) {
      occurrences.push({ from: begins, to: begins + durationMs });
      if (occurrences.length >= limit) break;
    }
  } catch {
    // A rule or a time zone that only another version knows must not make the uptime of a service unreadable.
  }
  return occurrences;
}

/** Undefined for a recurrence that comes up, and not too often. */
export function recurrenceIssue({ from, recurrence }: Recurring): RecurrenceIssue | undefined {
  const { rule, timezone, until = Infinity } = recurrence;
  if (!isTimeZone(timezone))
    return { path: 'timezone', problem: 'must be the IANA name of a time zone, such as Europe/Amsterdam' };
  const problem = mistakeInForm(rule) ?? mistakeInFrequency(from, recurrence, until);
  return problem === undefined ? undefined : { path: 'rule', problem };
}

function isTimeZone(name: string): boolean {
  try {
    return TIME_ZONE.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

function mistakeInForm(rule: string): string | undefined {
  if (rule.length > MAX_RULE_LENGTH) return `must be at most ${MAX_RULE_LENGTH} characters`;
  if (isRrule(rule)) return rruleIssue(rule);
  return CRON.test(rule)
    ? undefined
    : 'must be an RRULE such as FREQ=WEEKLY;BYDAY=SU, or a cron expression of five fields such as 0 2 * * SUN';
}

function mistakeInFrequency(from: number, recurrence: Recurrence, until: number): string | undefined {
  const { count: most, withinMs } = MAX_OCCURRENCES;
  const count = isRrule(recurrence.rule) ? countOf(recurrence.rule) : undefined;
  const end = Math.min(until, from + (count === undefined ? MAX_WAIT_MS : COUNTED_WITHIN_MS));
  const found: number[] = [];
  try {
    for (const begins of beginningsIn(from, recurrence, { from, to: end })) {
      if (count === undefined && begins >= from + YEAR_MS && found.length > 0) break;
      if (begins - (found.at(-most) ?? -Infinity) < withinMs)
        return `must not come up more than ${most} times within ${withinMs / DAY_MS} days`;
      found.push(begins);
    }
  } catch (error) {
    if (isExhausted(error)) return 'takes too long to work out: it comes up very often, or hardly ever';
    return `is not valid: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (count !== undefined && found.length < count && end < until)
    return 'must have come up as often as COUNT says within twenty years';
  return found.length === 0 ? 'must come up at least once, within five years and before until' : undefined;
}

function beginningsIn(from: number, { rule, timezone }: Recurrence, within: TimeRange): Iterable<number> {
  return isRrule(rule) ? rruleBeginnings(rule, timezone, from, within) : cronBeginnings(rule, timezone, within);
}

function* cronBeginnings(rule: string, timezone: string, within: TimeRange): Iterable<number> {
  const cron = new Cron(rule, { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard' });
  for (
    let next = cron.nextRun(new Date(within.from - 1));
    next && next.getTime() < within.to;
    next = cron.nextRun(next)
  )
    yield next.getTime();
}

function* rruleBeginnings(rule: string, timezone: string, from: number, within: TimeRange): Iterable<number> {
  // The library takes what prints itself as Temporal's ZonedDateTime does.
  const dtstart = { timeZoneId: timezone, toString: () => `${new Date(from).toISOString()}[${timezone}]` };
  const rrule = new RRuleTemporal({
    rruleString: normalRrule(rule),
    dtstart,
    strict: true,
    cache: false,
    ...MAX_EXAMINED,
  });
  // To count, the library begins at the beginning each time: that is done once.
  let step = countOf(rule) === undefined ? STEP_MS : Infinity;
  for (let at = within.from; at < within.to;) {
    const end = Math.min(at + step, within.to);
    const found = rrule.between(new Date(at), new Date(end - 1), true);
    for (const { epochMilliseconds } of found) yield epochMilliseconds;
    step = found.length > 0 ? STEP_MS : Math.min(2 * step, MAX_STEP_MS);
    at = end;
  }
}

/** Whether the library has given up: it says so by nothing but its text. */
function isExhausted(error: unknown): boolean {
  return error instanceof Error && /^Maximum (iterations|candidate evaluations) /.test(error.message);
}
