import { type GradeLimits, type ProbeKind } from '../domain/index.js';
import { MAX_RETRIES, MAX_THRESHOLD, MIN_INTERVAL_MS, MIN_TIMEOUT_MS } from '../../config/index.js';
import { timingIssueOf, type ServiceRules } from './service-rules.js';
import { type DurationRange, type Fields } from './fields.js';

const TAG = /^[^\s\p{C}](?:[^\p{C}]{0,62}[^\s\p{C}])?$/u;

/**
 * Reads the settings of a service, or the defaults. A rejected number is read as NaN, which causes no further issues.
 *
 * @param inherited values of absent fields
 * @param kind of the service; absent: defaults for all kinds
 */
export function readRules(fields: Fields, inherited: ServiceRules, kind?: ProbeKind): ServiceRules {
  return {
    intervalMs: readDuration(fields, 'interval', inherited.intervalMs, { min: 1_000, minInMs: MIN_INTERVAL_MS }),
    timeoutMs: readDuration(fields, 'timeout', inherited.timeoutMs, { min: MIN_TIMEOUT_MS }),
    // Push services are not probed, so they have no jitter and no retries.
    ...(kind === 'push'
      ? { jitterMs: 0, retries: 0, retryDelayMs: inherited.retryDelayMs }
      : readRetries(fields, inherited)),
    failureThreshold: readInteger(fields, 'failureThreshold', inherited.failureThreshold, 1, MAX_THRESHOLD),
    successThreshold: readInteger(fields, 'successThreshold', inherited.successThreshold, 1, MAX_THRESHOLD),
    grades: readGrades(fields, inherited.grades),
    tags: readTags(fields) ?? inherited.tags,
  };
}

/** Rejects jitter or retries that do not fit into the interval. */
export function validateTiming(fields: Fields, rules: ServiceRules): void {
  const issue = timingIssueOf(rules);
  if (issue) fields.reject(issue.rule, issue.text);
}

function readRetries(
  fields: Fields,
  inherited: ServiceRules,
): Pick<ServiceRules, 'jitterMs' | 'retries' | 'retryDelayMs'> {
  return {
    jitterMs: readDuration(fields, 'jitter', inherited.jitterMs, { min: 0 }),
    retries: readInteger(fields, 'retries', inherited.retries, 0, MAX_RETRIES),
    retryDelayMs: readDuration(fields, 'retryDelay', inherited.retryDelayMs, { min: 0 }),
  };
}

function readGrades(fields: Fields, inherited: GradeLimits): GradeLimits {
  const given = fields.mapping('grades', 'a mapping with excellent, good and acceptable');
  if (!given) return inherited;
  const grades = {
    excellentMs: readDuration(given, 'excellent', inherited.excellentMs, { min: 1 }),
    goodMs: readDuration(given, 'good', inherited.goodMs, { min: 1 }),
    acceptableMs: readDuration(given, 'acceptable', inherited.acceptableMs, { min: 1 }),
  };
  given.rejectUnknownKeys();
  if (grades.excellentMs >= grades.goodMs || grades.goodMs >= grades.acceptableMs)
    fields.reject(
      'grades',
      `must be excellent < good < acceptable, got ${grades.excellentMs} ms, ${grades.goodMs} ms ` +
        `and ${grades.acceptableMs} ms`,
    );
  return grades;
}

function readDuration(fields: Fields, key: string, inherited: number, range: DurationRange): number {
  return fields.duration(key, range) ?? (fields.isRejected(key, `${key}Ms`) ? NaN : inherited);
}

function readInteger(fields: Fields, key: string, inherited: number, from: number, to: number): number {
  return fields.integer(key, from, to) ?? (fields.isRejected(key) ? NaN : inherited);
}

function readTags(fields: Fields): readonly string[] | undefined {
  const tags = fields.list('tags', 'a string of 1 to 64 characters on one line', (item) =>
    typeof item === 'string' && TAG.test(item) ? item : undefined,
  );
  const duplicate = tags?.find((tag, index) => tags.indexOf(tag) !== index);
  if (duplicate !== undefined) fields.reject('tags', `must not have duplicates, got '${duplicate}' twice`);
  return tags;
}
