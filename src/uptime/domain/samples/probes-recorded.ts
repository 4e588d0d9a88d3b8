import { defineEvent, isServiceName, type NewEvent } from '../../../event-store/domain/index.js';
import { fieldsOf, integerOf, listOf, millisecondsOf, oneOf, optional, textOf } from '../event-data.js';
import { gradeOfSample, type Sample } from './sample.js';
import { UPTIME_SOURCE } from '../status/service-status-changed.js';
import { type GradeLimits, OBSERVED_STATUSES, type ObservedStatus } from '../status/service-status.js';
import { hashText } from '../status/status-change.js';
import { VarintReader, VarintWriter } from './varints.js';

/**
 * A window of raw samples, without loss, in columns.
 *
 * `columns` is base64 of four columns of varints, one after the other: (1) for each sample after the first, its time since the one
 * before it less `intervalMs`, signed; (2) for each sample, its response time in microseconds; (3) runs of equal outcomes as pairs
 * of length and index into `outcomes`, until every sample has one; (4) for each sample in which the prober was held up, how many
 * samples lie between it and the one before of that kind, and for how long, in microseconds, until the end. A steady service takes
 * three or four bytes a sample. Version 1 had no fourth column.
 */
export interface ProbesRecorded {
  readonly serviceName: string;
  /** When the first sample was taken: ISO 8601, UTC, milliseconds. */
  readonly startedAt: string;
  readonly count: number;
  /** How the service was probed then: what {@link gapTolerance} is derived from. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** What the samples were graded by. */
  readonly grades: GradeLimits;
  readonly outcomes: readonly Outcome[];
  readonly columns: string;
}

interface Outcome {
  readonly status: ObservedStatus;
  readonly error?: string;
}

/** How a service is probed, as far as its samples depend on it. */
export interface ProbingRules {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly grades: GradeLimits;
}

/** Most samples that one event holds: far less than an append may take, whatever they are. */
export const MAX_SAMPLES_PER_EVENT = 5_000;

export const ProbesRecorded = defineEvent<'ProbesRecorded', ProbesRecorded>({
  type: 'ProbesRecorded',
  schemaVersion: 2,
  upcasters: { 1: (data) => data },
  parse: (data) => {
    const event = fieldsOf(data, 'data');
    const grades = fieldsOf(event.grades, 'grades');
    const parsed: ProbesRecorded = {
      serviceName: textOf(event.serviceName, 'serviceName'),
      startedAt: textOf(event.startedAt, 'startedAt'),
      count: integerOf(event.count, 'count'),
      intervalMs: integerOf(event.intervalMs, 'intervalMs'),
      timeoutMs: integerOf(event.timeoutMs, 'timeoutMs'),
      grades: {
        excellentMs: integerOf(grades.excellentMs, 'excellentMs'),
        goodMs: integerOf(grades.goodMs, 'goodMs'),
        acceptableMs: integerOf(grades.acceptableMs, 'acceptableMs'),
      },
      outcomes: listOf(event.outcomes, 'outcomes', outcomeOf),
      columns: textOf(event.columns, 'columns'),
    };
    if (!isServiceName(parsed.serviceName)) throw new Error('serviceName cannot name a service');
    if (parsed.count < 1 || parsed.count > MAX_SAMPLES_PER_EVENT)
      throw new Error(`count must be from 1 to ${MAX_SAMPLES_PER_EVENT}`);
    samplesOf(parsed);
    return parsed;
  },
});

/**
 * The event that records samples. Its id is made of the service, the prober and the first sample, so that a repeated append is
 * recognised.
 *
 * @param samples 1 to {@link MAX_SAMPLES_PER_EVENT} of them, in order of time, graded by the rules
 * @param proberId tells this process from others that probe the same service; letters and digits
 */
export function toProbesRecorded(
  serviceName: string,
  samples: readonly Sample[],
  { intervalMs, timeoutMs, grades }: ProbingRules,
  proberId: string,
): NewEvent<'ProbesRecorded', ProbesRecorded> {
  const first = samples[0];
  if (!first || samples.length > MAX_SAMPLES_PER_EVENT)
    throw new Error(`An event holds 1 to ${MAX_SAMPLES_PER_EVENT} samples, not ${samples.length}`);
  const { outcomes, columns } = encode(samples, intervalMs);
  const startedAt = new Date(first.at).toISOString();
  return {
    type: ProbesRecorded.type,
    data: { serviceName, startedAt, count: samples.length, intervalMs, timeoutMs, grades, outcomes, columns },
    timestamp: startedAt,
    eventId: `evt_${first.at}_${hashText(`${serviceName}\n${proberId}\n${first.at}\n${samples.length}`)}`,
    metadata: { source: UPTIME_SOURCE },
  };
}

/** The recorded samples, as they were taken. @throws Error where the columns do not fit the rest */
export function samplesOf({
  startedAt,
  count,
  intervalMs,
  grades,
  outcomes,
  columns,
}: Omit<ProbesRecorded, 'serviceName'>): Sample[] {
  const reader = new VarintReader(columns);
  const times: number[] = [millisecondsOf(startedAt, 'startedAt')];
  for (let index = 1; index < count; index++)
    times.push(timeAfter(times[index - 1] ?? 0, intervalMs + reader.signed()));
  const responses = times.map(() => reader.unsigned());
  const ofSamples: Outcome[] = [];
  while (ofSamples.length < count) {
    const length = reader.unsigned();
    const outcome = outcomes[reader.unsigned()];
    if (!outcome || length === 0 || length > count - ofSamples.length)
      throw new Error('columns hold an outcome that is not there');
    for (let index = 0; index < length; index++) ofSamples.push(outcome);
  }
  const delays = delaysOf(reader, responses);
  return ofSamples.map((outcome, index) =>
    sampleOf({ at: times[index] ?? 0, responseMicros: responses[index] ?? 0, ...delays.get(index) }, outcome, grades),
  );
}

function delaysOf(
  reader: VarintReader,
  responses: readonly number[],
): ReadonlyMap<number, Pick<Sample, 'delayMicros'>> {
  const delays = new Map<number, Pick<Sample, 'delayMicros'>>();
  for (let index = 0; !reader.isAtEnd; index++) {
    index += reader.unsigned();
    const delayMicros = reader.unsigned();
    const response = responses[index];
    if (response === undefined) throw new Error('columns hold more than count samples');
    if (delayMicros > response)
      throw new Error('columns hold a delay that is longer than the response it is a part of');
    delays.set(index, { delayMicros });
  }
  return delays;
}

function timeAfter(previous: number, elapsed: number): number {
  const time = previous + elapsed;
  if (elapsed < 0 || !Number.isSafeInteger(time)) throw new Error('columns hold samples that are not in order of time');
  return time;
}

function sampleOf(
  taken: Pick<Sample, 'at' | 'responseMicros' | 'delayMicros'>,
  { status, error }: Outcome,
  grades: GradeLimits,
): Sample {
  const graded = status === 'down' ? {} : { grade: gradeOfSample(taken, grades) };
  return { ...taken, status, ...graded, ...(error === undefined ? {} : { error }) };
}

function encode(samples: readonly Sample[], intervalMs: number): { outcomes: Outcome[]; columns: string } {
  const writer = new VarintWriter();
  samples.forEach(({ at }, index) => {
    const previous = samples[index - 1];
    if (previous) writer.signed(at - previous.at - intervalMs);
  });
  for (const { responseMicros } of samples) writer.unsigned(responseMicros);
  const outcomes: Outcome[] = [];
  for (const { length, index } of outcomeRuns(samples, outcomes)) {
    writer.unsigned(length);
    writer.unsigned(index);
  }
  let previous = -1;
  samples.forEach(({ delayMicros }, index) => {
    if (delayMicros === undefined) return;
    writer.unsigned(index - previous - 1);
    writer.unsigned(delayMicros);
    previous = index;
  });
  return { outcomes, columns: writer.toBase64() };
}

/** Runs of equal outcomes; adds each outcome that is new to `outcomes`. */
function outcomeRuns(samples: readonly Sample[], outcomes: Outcome[]): { length: number; index: number }[] {
  const indexes = new Map<string, number>();
  const runs: { length: number; index: number }[] = [];
  for (const { status, error } of samples) {
    const key = error === undefined ? status : `${status} ${error}`;
    const index = indexes.get(key) ?? outcomes.push({ status, ...(error === undefined ? {} : { error }) }) - 1;
    indexes.set(key, index);
    const last = runs.at(-1);
    if (last?.index === index) last.length++;
    else runs.push({ length: 1, index });
  }
  return runs;
}

function outcomeOf(value: unknown, name: string): Outcome {
  const { status, error } = fieldsOf(value, name);
  return { status: oneOf(OBSERVED_STATUSES, status, `${name}.status`), ...optional('error', error, textOf) };
}
