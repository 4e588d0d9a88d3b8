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
  const noStream = currentRevision === NO_REVISION;
  return bytesField(
    2,
    Buffer.concat([
      noStream ? empty(2) : number(1, currentRevision),
      legacyExpectedVersion(expected),
      noStream ? empty(7) : number(6, currentRevision),
      expectedVersionField(expected),
    ]),
  );
}

function legacyExpectedVersion(expected: ExpectedVersion): Buffer {
  switch (expected.kind) {
    case 'exact':
      return varint64Field(3, expected.revision);
    case 'noStream':
      return varint64Field(3, 2n ** 64n - 1n); // old clients have no other representation
    case 'any':
      return empty(4);
    case 'streamExists':
      return empty(5);
  }
}

function expectedVersionField(expected: ExpectedVersion): Buffer {
  switch (expected.kind) {
    case 'exact':
      return varint64Field(8, expected.revision);
    case 'any':
      return empty(9);
    case 'streamExists':
      return empty(10);
    case 'noStream':
      return empty(11);
  }
}
