import { type ExpectedVersion, NO_REVISION } from '../../log/index.js';
import { bytesField, varint64Field } from '../../storage/wire-format.js';

const EMPTY = Buffer.alloc(0);
const empty = (fieldNumber: number): Buffer => bytesField(fieldNumber, EMPTY);
const number = (fieldNumber: number, value: number): Buffer => varint64Field(fieldNumber, BigInt(value));

/**
 * AppendResp.Success and BatchAppendResp.Success: current_revision 1, no_stream 2, position 3 { commit 1, prepare 2 },
 * no_position 4.
 */
export function successMessage(revision: number, position: number | undefined): Buffer {
  return Buffer.concat([
    revision === NO_REVISION ? empty(2) : number(1, revision),
    position === undefined ? empty(4) : bytesField(3, Buffer.concat([number(1, position), number(2, position)])),
  ]);
}

/** AppendResp { success 1 }. */
export const appendSucceeded = (revision: number, position: number | undefined): Buffer =>
  bytesField(1, successMessage(revision, position));

/** AppendResp { wrong_expected_version 2 }, with the fields of old (1 to 5) and current clients (6 to 11). */
export function appendRefused(currentRevision: number, expected: ExpectedVersion): Buffer {
  const current = (revisionField: number, noStreamField: number): Buffer =>
    currentRevision === NO_REVISION ? empty(noStreamField) : number(revisionField, currentRevision);
  return bytesField(
    2,
    Buffer.concat([
      current(1, 2),
      // Old clients have no other representation of "no stream".
      expectedVersionField(expected, 3, 4, 5, varint64Field(3, 2n ** 64n - 1n)),
      current(6, 7),
      expectedVersionField(expected, 8, 9, 10, empty(11)),
    ]),
  );
}

function expectedVersionField(
  expected: ExpectedVersion,
  exactField: number,
  anyField: number,
  streamExistsField: number,
  noStream: Buffer,
): Buffer {
  switch (expected.kind) {
    case 'exact':
      return varint64Field(exactField, expected.revision);
    case 'any':
      return empty(anyField);
    case 'streamExists':
      return empty(streamExistsField);
    case 'noStream':
      return noStream;
  }
}
