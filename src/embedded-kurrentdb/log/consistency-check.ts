import { EXPECTED_ANY, EXPECTED_STREAM_EXISTS, NO_REVISION } from './expected-version.js';
import { isSoftDeleted, type StreamState } from './stream-state.js';

/** States of a stream other than its revision, as numbered by protocol v2. */
const STATE_DELETED = -5;
const STATE_TOMBSTONED = -6;

/** A condition of a multi-stream append on a stream, which need not be written by it. */
export interface StreamStateCheck {
  readonly streamName: string;
  readonly expectedState: number;
}

export interface ConsistencyViolation extends StreamStateCheck {
  readonly checkIndex: number;
  readonly actualState: number;
  readonly message: string;
}

/** Whether a state can be checked: a revision, or a special state other than "any". */
export const isCheckableState = (state: number): boolean =>
  state >= NO_REVISION || [EXPECTED_STREAM_EXISTS, STATE_DELETED, STATE_TOMBSTONED].includes(state);

function actualState(stream: StreamState): number {
  if (stream.tombstoned) return STATE_TOMBSTONED;
  return isSoftDeleted(stream) ? STATE_DELETED : stream.lastRevision;
}

/** The checks that fail. */
export function violatedChecks(
  checks: readonly StreamStateCheck[],
  stateOf: (streamName: string) => StreamState,
): ConsistencyViolation[] {
  return checks.flatMap((check, checkIndex) => {
    const stream = stateOf(check.streamName);
    const actual = actualState(stream);
    if (isMet(check.expectedState, actual, stream.lastRevision)) return [];
    return [{ ...check, checkIndex, actualState: actual, message: violationMessage(check, actual) }];
  });
}

/** The violation reported for an append to a tombstoned stream without a check on it. */
export function tombstoneViolation(streamName: string): ConsistencyViolation {
  const check = { streamName, expectedState: EXPECTED_ANY };
  return { ...check, checkIndex: 0, actualState: STATE_TOMBSTONED, message: violationMessage(check, STATE_TOMBSTONED) };
}

/** A soft-deleted stream counts as "no stream" and also matches its last revision. */
function isMet(expected: number, actual: number, lastRevision: number): boolean {
  if (expected === NO_REVISION) return actual < 0;
  if (expected === EXPECTED_STREAM_EXISTS) return actual >= 0;
  if (expected < 0) return actual === expected;
  return actual !== STATE_TOMBSTONED && lastRevision === expected;
}

function violationMessage({ streamName, expectedState }: StreamStateCheck, actual: number): string {
  const stream = `Stream '${streamName}'`;
  if (expectedState === NO_REVISION) return `${stream} already exists at revision ${actual}.`;
  const found =
    actual === STATE_TOMBSTONED
      ? 'is tombstoned'
      : actual === STATE_DELETED
        ? 'is deleted'
        : actual === NO_REVISION
          ? 'does not exist'
          : `is at revision ${actual}`;
  if (expectedState >= 0) return `${stream} ${found}, expected revision ${expectedState}.`;
  if (expectedState === STATE_DELETED) return `${stream} ${found}, expected it to be deleted.`;
  if (expectedState === STATE_TOMBSTONED) return `${stream} ${found}, expected it to be tombstoned.`;
  return `${stream} ${found}.`;
}
