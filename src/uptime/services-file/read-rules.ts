import { type GradeLimits, type ProbeKind } from '../domain/index.js';
import { MAX_RETRIES, MAX_THRESHOLD, MIN_INTERVAL_MS, MIN_TIMEOUT_MS } from '../../config/index.js';
import { misfitOf, type ServiceRules } from './service-rules.js';
import { type DurationRange, type Fields } from './fields.js';

const TAG = /^[^\s\p{C}](?:[^\p{C}]{0,62}[^\s\p{C}])?$/u;

/**
 * How a service is probed and judged. A number that is not as it must be is NaN: nothing else is found wrong because
 * of it.
 *
 * @param inherited what holds where the fields say nothing
 * @param kind of the service; absent: for services of every kind
 */
export function readRules(fields: Fields, inherited: ServiceRules, kind?: ProbeKind): ServiceRules {
  return {
    intervalMs: readDuration(fields, 'interval', inherited.intervalMs, { least: 1_000, leastMs: MIN_INTERVAL_MS }),
    timeoutMs: readDuration(fields, 'timeout', inherited.timeoutMs, { least: MIN_TIMEOUT_MS }),
    // A service that reports in by itself does so when it likes, and nobody tries again for it.
    ...(kind === 'push'
      ? { jitterMs: 0, retries: 0, retryDelayMs: inherited.retryDelayMs }
      : readTries(fields, inherited)),
    failureThreshold: readInteger(fields, 'failureThreshold', inherited.failureThreshold, 1, MAX_THRESHOLD),
    successThreshold: readInteger(fields, 'successThreshold', inherited.successThreshold, 1, MAX_THRESHOLD),
    grades: readGrades(fields, inherited.grades),
    tags: readTags(fields) ?? inherited.tags,
  };
}

/** Rejects jitter or retries that do not fit into the interval. */
export function checkFit(fields: Fields, rules: ServiceRules): void {
  const misfit = misfitOf(rules);
  if (misfit) fields.reject(misfit.rule, misfit.text);
}

function readTries(
  fields: Fields,
  inherited: ServiceRules,
): Pick<ServiceRules, 'jitterMs' | 'retries' | 'retryDelayMs'> {
  return {
    jitterMs: readDuration(fields, 'jitter', inherited.jitterMs, { least: 0 }),
    retries: readInteger(fields, 'retries', inherited.retries, 0, MAX_RETRIES),
    retryDelayMs: readDuration(fields, 'retryDelay', inherited.retryDelayMs, { least: 0 }),
  };
}

function readGrades(fields: Fields, inherited: GradeLimits): GradeLimits {
  const given = fields.mapping('grades', 'a mapping with excellent, good and acceptable');
  if (!given) return inherited;
  const grades = {
    excellentMs: readDuration(given, 'excellent', inherited.excellentMs, { least: 1 }),
    goodMs: readDuration(given, 'good', inherited.goodMs, { least: 1 }),
    acceptableMs: readDuration(given, 'acceptable', inherited.acceptableMs, { least: 1 }),
  };
  given.rejectUnknownKeys();
  if (grades.excellentMs >= grades.goodMs || grades.goodMs >= grades.acceptableMs)
    fields.reject(
      'grades',
      `must be excellent < good < acceptable, got ${grades.excellentMs} ms, ${grades.goodMs} ms and ${grades.acceptableMs} ms`,
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
  const twice = tags?.find((tag, index) => tags.indexOf(tag) !== index);
  if (twice !== undefined) fields.reject('tags', `'${twice}' is there twice`);
  return tags;
}
