import { Cron } from 'croner';
import { RRuleTemporal } from 'rrule-temporal';
import { DAY_MS } from '../../../common/durations.js';
import { toTimestamp } from '../../../common/time.js';
import { needsDaysOfYear, ruleOfYear } from './recurrence-year-days.js';
import { rruleCount, isRrule, rruleIssue, normalizeRrule } from './recurrence-rrule.js';
import { type Recurrence, type RecurrenceSeries, MAX_RULE_LENGTH, MAX_OCCURRENCES } from './recurrence.js';
import { type TimeRange } from '../timeline/time-ranges.js';

const YEAR_MS = 366 * DAY_MS;
/** Maximum time until the first occurrence; a longer one is taken for an error in the rule. */
const MAX_WAIT_MS = 5 * YEAR_MS;
/** Maximum time between the first and the last occurrence of a rule with COUNT. */
export const MAX_COUNT_SPAN_MS = 20 * YEAR_MS;
/**
 * RRULEs are expanded in steps, so that one with too many occurrences is rejected early; steps grow while there are
 * few.
 */
const STEP_MS = MAX_OCCURRENCES.withinMs;
const MAX_STEP_MS = 2 * YEAR_MS;
/** Limits on the periods and candidates that a step of an RRULE may examine. */
const EXPANSION_LIMITS = {
  maxIterations: 3 * MAX_OCCURRENCES.count,
  maxCandidateEvaluations: 5 * MAX_OCCURRENCES.count,
};
const CRON = /^\S+( +\S+){4}$/;
const TIME_ZONE = /^[A-Za-z][\w+-]*(\/[\w+-]+)*$/;

interface RecurrenceIssue {
  readonly path: 'rule' | 'timezone';
  readonly problem: string;
}

/**
 * The occurrences that overlap a window, in order of their starts; they may overlap each other.
 *
 * Clock changes: a local time that occurs twice counts the first time. A local time that is skipped has no occurrence
 * in an RRULE (RFC 5545) and moves to the end of the gap in a cron expression. A cron expression with `*` or steps in
 * minutes or hours follows elapsed time: it occurs in both of two equal hours, and not in a skipped one.
 *
 * @param series valid according to {@link recurrenceIssue}; for another one, the occurrences that can be computed
 * @param limit maximum number of occurrences; later ones are left out
 */
export function occurrencesIn({ from, recurrence }: RecurrenceSeries, window: TimeRange, limit: number): TimeRange[] {
  const { durationMs, until = Infinity } = recurrence;
  const within = { from: Math.max(from, window.from - durationMs + 1), to: Math.min(until, window.to) };
  const occurrences: TimeRange[] = [];
  if (within.to <= within.from || limit <= 0) return occurrences;
  try {
    for (const start of startsIn(from, recurrence, within)) {
      occurrences.push({ from: start, to: start + durationMs });
      if (occurrences.length >= limit) break;
    }
  } catch {
    // A rule or a time zone that only another version supports must not make the uptime of a service unreadable.
  }
  return occurrences;
}

/** Undefined for a valid recurrence with at least one and not too many occurrences. */
export function recurrenceIssue({ from, recurrence }: RecurrenceSeries): RecurrenceIssue | undefined {
  const { rule, timezone, until = Infinity } = recurrence;
  if (!isTimeZone(timezone))
    return { path: 'timezone', problem: 'must be the IANA name of a time zone, such as Europe/Amsterdam' };
  const problem = syntaxProblem(rule) ?? frequencyProblem(from, recurrence, until);
  return problem === undefined ? undefined : { path: 'rule', problem };
}

function isTimeZone(name: string): boolean {
  try {
    return TIME_ZONE.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

function syntaxProblem(rule: string): string | undefined {
  if (rule.length > MAX_RULE_LENGTH) return `must be at most ${MAX_RULE_LENGTH} characters`;
  if (isRrule(rule)) return rruleIssue(rule);
  return CRON.test(rule)
    ? undefined
    : 'must be an RRULE such as FREQ=WEEKLY;BYDAY=SU, or a cron expression of five fields such as 0 2 * * SUN';
}

function frequencyProblem(from: number, recurrence: Recurrence, until: number): string | undefined {
  const { count: maxCount, withinMs } = MAX_OCCURRENCES;
  const count = isRrule(recurrence.rule) ? rruleCount(recurrence.rule) : undefined;
  const end = Math.min(until, from + (count === undefined ? MAX_WAIT_MS : MAX_COUNT_SPAN_MS));
  const starts: number[] = [];
  try {
    for (const start of startsIn(from, recurrence, { from, to: end })) {
      if (count === undefined && start >= from + YEAR_MS && starts.length > 0) break;
      if (start - (starts.at(-maxCount) ?? -Infinity) < withinMs)
        return `must not have more than ${maxCount} occurrences within ${withinMs / DAY_MS} days`;
      starts.push(start);
    }
  } catch (error) {
    if (isLimitExceeded(error)) return 'takes too long to evaluate: its occurrences are too frequent or too rare';
    return `is not valid: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (count !== undefined && starts.length < count && end < until) return 'must reach COUNT within twenty years';
  return starts.length === 0 ? 'must have an occurrence within five years and before until' : undefined;
}

function startsIn(from: number, { rule, timezone }: Recurrence, within: TimeRange): Iterable<number> {
  return isRrule(rule) ? rruleStarts(rule, timezone, from, within) : cronStarts(rule, timezone, within);
}

function* cronStarts(rule: string, timezone: string, within: TimeRange): Iterable<number> {
  const cron = new Cron(rule, { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard' });
  for (
    let next = cron.nextRun(new Date(within.from - 1));
    next && next.getTime() < within.to;
    next = cron.nextRun(next)
  )
    yield next.getTime();
}

function* rruleStarts(rule: string, timezone: string, from: number, within: TimeRange): Iterable<number> {
  const text = normalizeRrule(rule);
  const rrule = createRrule(text, timezone, from);
  if (needsDaysOfYear(text)) {
    yield* startsByYear(text, timezone, from, within);
    return;
  }
  // With COUNT the library starts from DTSTART in each step: expand it in a single one.
  let step = rruleCount(rule) === undefined ? STEP_MS : Infinity;
  for (let at = within.from; at < within.to;) {
    const end = Math.min(at + step, within.to);
    const found = rrule.between(new Date(at), new Date(end - 1), true);
    for (const { epochMilliseconds } of found) yield epochMilliseconds;
    step = found.length > 0 ? STEP_MS : Math.min(2 * step, MAX_STEP_MS);
    at = end;
  }
}

/** The starts of a rule that is expanded year by year. */
function* startsByYear(rule: string, timezone: string, from: number, within: TimeRange): Iterable<number> {
  const count = rruleCount(rule) ?? Infinity;
  // COUNT counts from DTSTART.
  const first = count === Infinity ? within.from : from;
  const weekday = weekdayIn(timezone, from);
  let counted = 0;
  // A local year begins up to a day before or after that of UTC.
  for (let year = yearOf(first - DAY_MS); year <= yearOf(within.to + DAY_MS); year++) {
    const ruleText = ruleOfYear(rule, year, weekday);
    if (ruleText === undefined) continue;
    const begin = Math.max(first, Date.UTC(year, 0, 0));
    const end = Math.min(within.to, Date.UTC(year + 1, 0, 3));
    if (begin >= end) continue;
    const found = createRrule(ruleText, timezone, from).between(new Date(begin), new Date(end - 1), true);
    for (const { epochMilliseconds } of found.filter((start) => start.year === year)) {
      if (counted++ >= count) return;
      if (epochMilliseconds >= within.from) yield epochMilliseconds;
    }
  }
}

function createRrule(rruleString: string, timezone: string, from: number): RRuleTemporal {
  // The library accepts any object whose string form is that of Temporal's ZonedDateTime.
  const dtstart = { timeZoneId: timezone, toString: () => `${toTimestamp(from)}[${timezone}]` };
  return new RRuleTemporal({ rruleString, dtstart, strict: true, cache: false, ...EXPANSION_LIMITS });
}

function yearOf(at: number): number {
  return new Date(at).getUTCFullYear();
}

/** From 0, Sunday. */
function weekdayIn(timeZone: string, at: number): number {
  const date = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(at);
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

/** Whether the library exceeded its limits: only the message of the error says so. */
function isLimitExceeded(error: unknown): boolean {
  return error instanceof Error && /^Maximum (iterations|candidate evaluations) /.test(error.message);
}
