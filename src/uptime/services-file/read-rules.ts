import { integer, type Parser, refine, stringThat } from '../../common/parse.js';
import { type GradeLimits, type ProbeKind } from '../domain/index.js';
import { MAX_RETRIES, MAX_THRESHOLD, MIN_INTERVAL_MS, MIN_TIMEOUT_MS } from '../../config/index.js';
import { type ServiceRules } from './service-rules.js';
import { type DurationRange, type Fields, listOf } from './fields.js';

const TAG = /^[^\s\p{C}](?:[^\p{C}]{0,62}[^\s\p{C}])?$/u;
const TAG_EXPECTED = 'a string of 1 to 64 characters on one line';
const tags = refine(
  listOf(
    `an array, each item ${TAG_EXPECTED}`,
    stringThat(TAG_EXPECTED, (text) => TAG.test(text)),
  ),
  (given) => {
    const duplicate = given.find((tag, index) => given.indexOf(tag) !== index);
    return duplicate === undefined ? undefined : `must not have duplicates, got '${duplicate}' twice`;
  },
);

/**
 * Reads the settings of a service, or the defaults. A rejected number is read as NaN, which causes no further issues.
 *
 * @param given values of absent fields
 * @param kind of the service; absent: defaults for all kinds
 */
export function readRules(fields: Fields, given: ServiceRules, kind?: ProbeKind): ServiceRules {
  const inherited = kind === 'push' ? { ...given, ...OWN_WORD, grades: ungraded(given.grades) } : given;
  return {
    intervalMs: readDuration(fields, 'interval', inherited.intervalMs, { min: 1_000, minInMs: MIN_INTERVAL_MS }),
    timeoutMs: readDuration(fields, 'timeout', inherited.timeoutMs, { min: MIN_TIMEOUT_MS }),
    // Push services are not probed, so they have no jitter and no retries.
    ...(kind === 'push'
      ? { jitterMs: 0, retries: 0, retryDelayMs: inherited.retryDelayMs }
      : readRetries(fields, inherited)),
    failureThreshold: readNumber(fields, 'failureThreshold', integer(1, MAX_THRESHOLD), inherited.failureThreshold),
    successThreshold: readNumber(fields, 'successThreshold', integer(1, MAX_THRESHOLD), inherited.successThreshold),
    grades: readGrades(fields, inherited.grades),
    tags: fields.optional('tags', tags) ?? inherited.tags,
  };
}

/** A report is the service's own word: thresholds and grades are not inherited. */
const OWN_WORD = { failureThreshold: 1, successThreshold: 1 };

/** No response time makes a report slow. */
function ungraded(grades: GradeLimits): GradeLimits {
  return { ...grades, acceptableMs: Number.MAX_SAFE_INTEGER };
}

function readRetries(
  fields: Fields,
  inherited: ServiceRules,
): Pick<ServiceRules, 'jitterMs' | 'retries' | 'retryDelayMs'> {
  return {
    jitterMs: readDuration(fields, 'jitter', inherited.jitterMs, { min: 0 }),
    retries: readNumber(fields, 'retries', integer(0, MAX_RETRIES), inherited.retries),
    retryDelayMs: readDuration(fields, 'retryDelay', inherited.retryDelayMs, { min: 0 }),
  };
}

function readGrades(fields: Fields, inherited: GradeLimits): GradeLimits {
  const grades = fields.mapping('grades', 'a mapping with excellent, good and acceptable', (given) => ({
    excellentMs: readDuration(given, 'excellent', inherited.excellentMs, { min: 1 }),
    goodMs: readDuration(given, 'good', inherited.goodMs, { min: 1 }),
    acceptableMs: readDuration(given, 'acceptable', inherited.acceptableMs, { min: 1 }),
  }));
  if (!grades) return inherited;
  if (grades.excellentMs >= grades.goodMs || grades.goodMs >= grades.acceptableMs)
    fields.reject(
      'grades',
      `must be excellent < good < acceptable, got ${grades.excellentMs} ms, ${grades.goodMs} ms ` +
        `and ${grades.acceptableMs} ms`,
    );
  return grades;
}

function readDuration(fields: Fields, key: string, inherited: number, range: DurationRange): number {
  const isGiven = fields.value(key) !== undefined || fields.value(`${key}Ms`) !== undefined;
  return isGiven ? (fields.duration(key, range) ?? NaN) : inherited;
}

function readNumber(fields: Fields, key: string, parser: Parser<number>, inherited: number): number {
  return fields.value(key) === undefined ? inherited : (fields.required(key, parser) ?? NaN);
}
