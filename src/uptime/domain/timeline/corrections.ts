import { toTimestamp } from '../../../common/time.js';
import { defineEvent, type EventDataOf, type NewEvent } from '../../../event-store/domain/index.js';
import { object, oneOf, refine, string, utcTimestamp } from '../../../common/parse.js';
import { rangeProblem, recordId, uptimeEvent } from '../event-data.js';
import { SERVICE_STATUSES, type ServiceStatus } from '../status/service-status.js';
import { type TimeRange } from './time-ranges.js';

/** Status that a correction sets; `asProbed` reverts earlier corrections. */
export const CORRECTED_STATUSES = [...SERVICE_STATUSES, 'asProbed'] as const;
export type CorrectedStatus = (typeof CORRECTED_STATUSES)[number];

/** A manual correction of the probed status, such as a false alarm. The latest of overlapping corrections applies. */
export interface Correction extends TimeRange {
  readonly id: string;
  readonly status: CorrectedStatus;
  readonly reason: string;
  /** Id of the caller. */
  readonly correctedBy: string;
}

/** The status of a service was corrected. */
export const StatusCorrected = defineEvent({
  type: 'StatusCorrected',
  parse: refine(
    object({
      correctionId: recordId,
      from: utcTimestamp,
      to: utcTimestamp,
      status: oneOf(CORRECTED_STATUSES),
      reason: string,
      correctedBy: string,
    }),
    rangeProblem,
  ),
});
export type StatusCorrected = EventDataOf<typeof StatusCorrected>;

/** @param eventId chosen by the caller, so that a repeated request is recognized */
export function toStatusCorrected(
  { id, from, to, ...rest }: Correction,
  at: number,
  eventId: string,
): NewEvent<'StatusCorrected', StatusCorrected> {
  const data = { correctionId: id, from: toTimestamp(from), to: toTimestamp(to), ...rest };
  return uptimeEvent(StatusCorrected, data, { timestamp: toTimestamp(at), eventId });
}

export function fromStatusCorrected({ correctionId: id, from, to, ...rest }: StatusCorrected): Correction {
  return { id, from: Date.parse(from), to: Date.parse(to), ...rest };
}

/** A time range with the status that corrections set. */
export interface CorrectedRange extends TimeRange {
  readonly status: ServiceStatus;
}

/**
 * Resolves overlapping corrections: the latest one applies; where it is `asProbed`, none does.
 *
 * @param corrections in the order in which they were made
 * @returns in order of time, disjoint
 */
export function effectiveCorrections(
  corrections: readonly Pick<Correction, 'from' | 'to' | 'status'>[],
): CorrectedRange[] {
  const ranges: CorrectedRange[] = [];
  for (const { from, to, status } of corrections) {
    if (to <= from) continue;
    // Corrections are mostly made in order of time, so the search from the end is short.
    const first = ranges.findLastIndex((range) => range.to <= from) + 1;
    let end = first;
    for (let range = ranges[end]; range && range.from < to; range = ranges[end]) end++;
    const overlapped = ranges.slice(first, end);
    const before = overlapped
      .slice(0, 1)
      .filter((range) => range.from < from)
      .map((range) => ({ ...range, to: from }));
    const after = overlapped
      .slice(-1)
      .filter((range) => range.to > to)
      .map((range) => ({ ...range, from: to }));
    ranges.splice(first, end - first, ...before, ...(status === 'asProbed' ? [] : [{ status, from, to }]), ...after);
  }
  return ranges;
}
