import { type ExpectedVersion, NO_REVISION } from '../../log/index.js';
import { Any, rpcStatus, shared } from '../../protobuf.js';

/** A google.rpc.Status, encoded. */
export type BatchAppendError = Buffer;

/** Codes of google.rpc, as BatchAppend uses them. */
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const UNKNOWN = 2;

function encodeStatus(
  code: number,
  message: string,
  detailsType: string,
  details: { serializeBinary(): Uint8Array },
): BatchAppendError {
  const any = new Any();
  any.setTypeUrl(`type.googleapis.com/event_store.client.${detailsType}`);
  any.setValue(details.serializeBinary());
  const status = new rpcStatus.Status().setMessage(message).setDetails(any);
  // google.rpc.Code is generated as a const enum, which does not exist at run time: hence the numbers.
  status.setCode(code);
  return Buffer.from(status.serializeBinary());
}

/** The errors of one append of a batch. */
export const batchAppendError = {
  badRequest: (message: string): BatchAppendError =>
    encodeStatus(INVALID_ARGUMENT, 'BadRequest', 'BadRequest', new shared.BadRequest().setMessage(message)),
  tooLarge: (limit: number): BatchAppendError =>
    encodeStatus(
      INVALID_ARGUMENT,
      'MaximumAppendSizeExceeded',
      'MaximumAppendSizeExceeded',
      new shared.MaximumAppendSizeExceeded().setMaxappendsize(limit),
    ),
  timeout: (): BatchAppendError => encodeStatus(DEADLINE_EXCEEDED, 'Timeout', 'Timeout', new shared.Timeout()),
  accessDenied: (): BatchAppendError =>
    encodeStatus(PERMISSION_DENIED, 'AccessDenied', 'AccessDenied', new shared.AccessDenied()),
  /** The client does not know this type and gives the message; it requires some type. */
  storageFull: (message: string): BatchAppendError =>
    encodeStatus(RESOURCE_EXHAUSTED, message, 'InsufficientStorage', new shared.Empty()),
  unknown: (): BatchAppendError => encodeStatus(UNKNOWN, 'Unknown', 'Unknown', new shared.Unknown()),
  streamDeleted: (streamName: string): BatchAppendError =>
    encodeStatus(
      NOT_FOUND,
      'StreamDeleted',
      'StreamDeleted',
      new shared.StreamDeleted().setStreamIdentifier(
        new shared.StreamIdentifier().setStreamName(Buffer.from(streamName)),
      ),
    ),
  wrongExpectedVersion: (currentRevision: number, expected: ExpectedVersion): BatchAppendError => {
    const details = new shared.WrongExpectedVersion();
    if (currentRevision === NO_REVISION) details.setCurrentNoStream(new shared.Empty());
    else details.setCurrentStreamRevision(String(currentRevision));
    if (expected.kind === 'exact') details.setExpectedStreamPosition(String(expected.revision));
    else if (expected.kind === 'any') details.setExpectedAny(new shared.Empty());
    else if (expected.kind === 'streamExists') details.setExpectedStreamExists(new shared.Empty());
    else details.setExpectedNoStream(new shared.Empty());
    return encodeStatus(ALREADY_EXISTS, 'WrongExpectedVersion', 'WrongExpectedVersion', details);
  },
};
