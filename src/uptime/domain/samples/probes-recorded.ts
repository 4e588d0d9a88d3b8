import { toTimestamp } from '../../../common/time.js';
import {
  defineEvent,
  type NewEvent,
  SERVICE_UPTIME_PREFIX,
  serviceUptimeStream,
} from '../../../event-store/domain/index.js';
import {
  array,
  integer,
  object,
  oneOf,
  optional,
  type Parsed,
  refine,
  string,
  stringThat,
  utcTimestamp,
} from '../../../common/parse.js';
import { serviceName, uptimeEvent } from '../event-data.js';
import { gradeOfSample, type Sample } from './sample.js';
import { type GradeLimits, OBSERVED_STATUSES } from '../status/service-status.js';
import { fnv1a64 } from '../status/status-change.js';
import { VarintReader, VarintWriter } from './varints.js';

export const PROBE_SAMPLES_PREFIX = 'system-probe-samples-';

/** Probing settings that samples depend on. */
export interface ProbingRules {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly grades: GradeLimits;
}

/** Keeps the largest possible event far below the size limit of an append. */
export const MAX_SAMPLES_PER_EVENT = 5_000;

const outcome = object({ status: oneOf(OBSERVED_STATUSES), error: optional(string) });
type Outcome = Parsed<typeof outcome>;

const recordedWindow = object({
  serviceName,
  /** Time of the first sample. */
  startedAt: utcTimestamp,
  count: integer(1, MAX_SAMPLES_PER_EVENT),
  /** Probing settings at that time; input of `maxSampleGapMs`. */
  intervalMs: integer(0),
  timeoutMs: integer(0),
  /** Limits that the samples were graded with. */
  grades: object({ excellentMs: integer(0), goodMs: integer(0), acceptableMs: integer(0) }),
  outcomes: array(outcome),
  columns: string,
  /** For a service that reports: revision of the last report that is a sample by the end of this window, in decimal. */
  reportsUntil: optional(stringThat('a revision', (text) => /^\d{1,19}$/.test(text))),
});

/**
 * A window of raw samples, lossless and columnar.
 *
 * `columns` is base64 of four consecutive columns of varints: (1) for each sample after the first, the time since the
 * previous one minus `intervalMs`, signed; (2) for each sample, its response time in microseconds; (3) runs of equal
 * outcomes as pairs of length and index into `outcomes`, covering all samples; (4) up to the end, for each sample with
 * event-loop lag, the number of samples since the previous one with lag, and the lag in microseconds. A stable service
 * takes three or four bytes per sample. Version 1 had no fourth column.
 */
export const ProbesRecorded = defineEvent({
  type: 'ProbesRecorded',
  schemaVersion: 2,
  upcasters: { 1: (data) => data },
  parse: refine(recordedWindow, columnsProblem),
});
export type ProbesRecorded = Parsed<typeof recordedWindow>;

/**
 * The event id is derived from the service, the prober and the first sample, so that a repeated append is recognized.
 *
 * @param samples 1 to {@link MAX_SAMPLES_PER_EVENT}, in order of time, graded with `grades`
 * @param proberId distinguishes processes that probe the same service; letters and digits
 * @param reportsUntil as recorded
 */
export function toProbesRecorded(
  serviceName: string,
  samples: readonly Sample[],
  { intervalMs, timeoutMs, grades }: ProbingRules,
  proberId: string,
  reportsUntil?: string,
): NewEvent<'ProbesRecorded', ProbesRecorded> {
  const first = samples[0];
  if (!first || samples.length > MAX_SAMPLES_PER_EVENT)
    throw new Error(`An event must contain 1 to ${MAX_SAMPLES_PER_EVENT} samples, got ${samples.length}`);
  const { outcomes, columns } = encodeSamples(samples, intervalMs);
  const startedAt = toTimestamp(first.at);
  return uptimeEvent(
    ProbesRecorded,
    {
      ...{ serviceName, startedAt, count: samples.length, intervalMs, timeoutMs, grades, outcomes, columns },
      ...(reportsUntil === undefined ? {} : { reportsUntil }),
    },
    {
      timestamp: startedAt,
      eventId: `evt_${first.at}_${fnv1a64(`${serviceName}\n${proberId}\n${first.at}\n${samples.length}`)}`,
    },
  );
}

/** @throws Error if the columns are inconsistent with the other fields */
export function decodeSamples({
  startedAt,
  count,
  intervalMs,
  grades,
  outcomes,
  columns,
}: Omit<ProbesRecorded, 'serviceName'>): Sample[] {
  const reader = new VarintReader(columns);
  const times: number[] = [Date.parse(startedAt)];
  for (let index = 1; index < count; index++) times.push(nextTime(times[index - 1] ?? 0, intervalMs + reader.signed()));
  const responses = times.map(() => reader.unsigned());
  const sampleOutcomes: Outcome[] = [];
  while (sampleOutcomes.length < count) {
    const length = reader.unsigned();
    const outcome = outcomes[reader.unsigned()];
    if (!outcome || length === 0 || length > count - sampleOutcomes.length)
      throw new Error('columns refer to an unknown outcome');
    for (let index = 0; index < length; index++) sampleOutcomes.push(outcome);
  }
  const delays = readDelays(reader, responses);
  return sampleOutcomes.map((outcome, index) =>
    sampleOf({ at: times[index] ?? 0, responseMicros: responses[index] ?? 0, ...delays.get(index) }, outcome, grades),
  );
}

function readDelays(
  reader: VarintReader,
  responses: readonly number[],
): ReadonlyMap<number, Pick<Sample, 'delayMicros'>> {
  const delays = new Map<number, Pick<Sample, 'delayMicros'>>();
  for (let index = 0; !reader.isAtEnd; index++) {
    index += reader.unsigned();
    const delayMicros = reader.unsigned();
    const response = responses[index];
    if (response === undefined) throw new Error('columns contain more than count samples');
    if (delayMicros > response) throw new Error('columns contain a delay that exceeds its response time');
    delays.set(index, { delayMicros });
  }
  return delays;
}

function nextTime(previous: number, elapsed: number): number {
  const time = previous + elapsed;
  if (elapsed < 0 || !Number.isSafeInteger(time))
    throw new Error('columns contain samples that are not in order of time');
  return time;
}

function sampleOf(
  timing: Pick<Sample, 'at' | 'responseMicros' | 'delayMicros'>,
  { status, error }: Outcome,
  grades: GradeLimits,
): Sample {
  const graded = status === 'down' ? {} : { grade: gradeOfSample(timing, grades) };
  return { ...timing, status, ...graded, ...(error === undefined ? {} : { error }) };
}

function encodeSamples(samples: readonly Sample[], intervalMs: number): { outcomes: Outcome[]; columns: string } {
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

/** Runs of equal consecutive outcomes; appends each new outcome to `outcomes`. */
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

function columnsProblem(event: Omit<ProbesRecorded, 'serviceName'>): string | undefined {
  try {
    decodeSamples(event);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** `system-probe-samples-{service}`. @throws ValidationError for an invalid service name */
export function probeSamplesStream(service: string): string {
  return `${PROBE_SAMPLES_PREFIX}${serviceUptimeStream(service).slice(SERVICE_UPTIME_PREFIX.length)}`;
}
