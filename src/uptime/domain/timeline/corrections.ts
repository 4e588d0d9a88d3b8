import { defineEvent, type NewEvent } from '../../../event-store/domain/index.js';
import { fieldsOf, identifierOf, millisecondsOf, oneOf, spanOf, textOf, timestampOf } from '../event-data.js';
import { UPTIME_SOURCE } from '../status/service-status-changed.js';
import { SERVICE_STATUSES, type ServiceStatus } from '../status/service-status.js';
import { type TimeRange } from './time-ranges.js';

/** What a correction says that a service was; `asProbed` takes earlier corrections back. */
export const CORRECTED_STATUSES = [...SERVICE_STATUSES, 'asProbed'] as const;
export type CorrectedStatus = (typeof CORRECTED_STATUSES)[number];

/** What somebody knows better than the probes: "this was a false alarm". Where corrections overlap, the later one holds. */
export interface Correction extends TimeRange {
  readonly id: string;
  readonly status: CorrectedStatus;
  readonly reason: string;
  /** Who says so: the caller's id. */
  readonly correctedBy: string;
}

/** The status of a service was corrected. Times: ISO 8601, UTC, milliseconds. */
export interface StatusCorrected {
  readonly correctionId: string;
  readonly from: string;
  readonly to: string;
  readonly status: CorrectedStatus;
  readonly reason: string;
  readonly correctedBy: string;
}

export const StatusCorrected = defineEvent<'StatusCorrected', StatusCorrected>({
  type: 'StatusCorrected',
  schemaVersion: 1,
  parse: (data) => {
    const event = fieldsOf(data, 'data');
    const parsed = {
      correctionId: identifierOf(event.correctionId, 'correctionId'),
      from: timestampOf(event.from, 'from'),
      to: timestampOf(event.to, 'to'),
      status: oneOf(CORRECTED_STATUSES, event.status, 'status'),
      reason: textOf(event.reason, 'reason'),
      correctedBy: textOf(event.correctedBy, 'correctedBy'),
    };
    spanOf(parsed.from, parsed.to);
    return parsed;
  },
});

/** The event that records a correction; `eventId` is made by whoever asks for it, so that a repeated request is recognised. */
export function toStatusCorrected(
  { id, from, to, status, reason, correctedBy }: Correction,
  at: number,
  eventId: string,
): NewEvent<'StatusCorrected', StatusCorrected> {
  const data = {
    correctionId: id,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    status,
    reason,
    correctedBy,
  };
  return {
    type: StatusCorrected.type,
    data,
    timestamp: new Date(at).toISOString(),
    eventId,
    metadata: { source: UPTIME_SOURCE },
  };
}

/** The correction that an event records. */
export function correctionOf({ correctionId: id, from, to, ...rest }: StatusCorrected): Correction {
  return { id, from: millisecondsOf(from, 'from'), to: millisecondsOf(to, 'to'), ...rest };
}

/** A stretch of time that one correction decides. */
export interface CorrectedRange extends TimeRange {
  readonly status: ServiceStatus;
}

/**
 * What holds of corrections that may overlap: the later one, and nothing where that takes the earlier ones back.
 *
 * @param corrections in the order they were made in
 * @returns in order of time, disjoint
 */
export function flattenCorrections(
  corrections: readonly Pick<Correction, 'from' | 'to' | 'status'>[],
): CorrectedRange[] {
  const spans: CorrectedRange[] = [];
  for (const { from, to, status } of corrections) {
    if (to <= from) continue;
    // CorrectionService are mostly made in order of time, so that the place of the next one is mostly the end.
    const first = spans.findLastIndex((span) => span.to <= from) + 1;
    let end = first;
    for (let span = spans[end]; span && span.from < to; span = spans[end]) end++;
    const overlapped = spans.slice(first, end);
    const before = overlapped
      .slice(0, 1)
      .filter((span) => span.from < from)
      .map((span) => ({ ...span, to: from }));
    const after = overlapped
      .slice(-1)
      .filter((span) => span.to > to)
      .map((span) => ({ ...span, from: to }));
    spans.splice(first, end - first, ...before, ...(status === 'asProbed' ? [] : [{ status, from, to }]), ...after);
  }
  return spans;
}
