import serverErrors from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/errors_pb.js';
import streamErrors from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/errors_pb.js';
import { type ConsistencyViolation, type ExpectedVersion, expectedVersionNumber } from '../../log/index.js';
import { type appendToStreams } from '../../storage/multi-stream-append.js';
import { bytesField, varint64Field } from '../../storage/wire-format.js';
import { GrpcError, StatusCode } from '../status.js';

const ERRORS_PACKAGE = 'kurrentdb.protocol.v2.streams.errors';

interface Detail {
  readonly type: string;
  readonly value: Uint8Array;
}

const stringField = (fieldNumber: number, value: string): Buffer => bytesField(fieldNumber, Buffer.from(value));

/**
 * An error of protocol v2: a google.rpc.Status { code 1, message 2, details 3 } in a trailer, with an ErrorInfo {
 * reason 1, domain 2 } as its first detail.
 */
function richError(
  code: StatusCode,
  message: string,
  reason: string,
  domain: 'server' | 'streams',
  details: readonly Detail[],
): GrpcError {
  const info: Detail = {
    type: 'google.rpc.ErrorInfo',
    value: Buffer.concat([stringField(1, reason), stringField(2, domain)]),
  };
  const anys = [info, ...details].map(({ type, value }) =>
    bytesField(3, Buffer.concat([stringField(1, `type.googleapis.com/${type}`), bytesField(2, value)])),
  );
  const status = Buffer.concat([varint64Field(1, BigInt(code)), stringField(2, message), ...anys]);
  return new GrpcError(code, message, { 'grpc-status-details-bin': status });
}

const streamDetail = (name: string, message: { serializeBinary(): Uint8Array }): Detail => ({
  type: `${ERRORS_PACKAGE}.${name}`,
  value: message.serializeBinary(),
});

export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** Details: google.rpc.BadRequest { field_violations 1 { field 1, description 2 } }. */
export function invalidRequest(requestType: string, ...violations: readonly FieldViolation[]): GrpcError {
  const [only, ...more] = violations;
  const listed =
    more.length === 0
      ? ` ${only?.description ?? ''}`
      : `\n${violations.map(({ description }) => ` -- ${description}\n`).join('')}`;
  const value = Buffer.concat(
    violations.map(({ field, description }) =>
      bytesField(1, Buffer.concat([stringField(1, field), stringField(2, description)])),
    ),
  );
  return richError(StatusCode.INVALID_ARGUMENT, `The '${requestType}' is invalid:${listed}`, 'BAD_REQUEST', 'server', [
    { type: 'google.rpc.BadRequest', value },
  ]);
}

export function writeDenied(streamName: string, loginName: string | undefined): GrpcError {
  const operation = `streams:write:${streamName}`;
  const details = new serverErrors.AccessDeniedErrorDetails().setOperation(operation);
  if (loginName !== undefined) details.setUsername(loginName);
  const message = `Access denied. Insufficient permissions to perform ${operation}`;
  return richError(StatusCode.PERMISSION_DENIED, message, 'ACCESS_DENIED', 'server', [
    { type: 'kurrent.rpc.AccessDeniedErrorDetails', value: details.serializeBinary() },
  ]);
}

function revisionConflict(streamName: string, expected: ExpectedVersion, actual: number): GrpcError {
  const expectedRevision = String(expectedVersionNumber(expected));
  const details = new streamErrors.StreamRevisionConflictErrorDetails()
    .setStream(streamName)
    .setExpectedRevision(expectedRevision)
    .setActualRevision(String(actual));
  const message = `Append failed due to a revision conflict on stream '${streamName}'. Expected revision: ${expectedRevision}. Actual revision: ${actual}.`;
  return richError(StatusCode.FAILED_PRECONDITION, message, 'STREAM_REVISION_CONFLICT', 'streams', [
    streamDetail('StreamRevisionConflictErrorDetails', details),
  ]);
}

function streamTombstoned(streamName: string): GrpcError {
  const message = `Stream '${streamName}' has been tombstoned. It has been permanently removed from the system and cannot be restored.`;
  const details = new streamErrors.StreamTombstonedErrorDetails().setStream(streamName);
  return richError(StatusCode.FAILED_PRECONDITION, message, 'STREAM_TOMBSTONED', 'streams', [
    streamDetail('StreamTombstonedErrorDetails', details),
  ]);
}

/** The error of an append that was not executed. */
export function appendError(outcome: Exclude<ReturnType<typeof appendToStreams>, { kind: 'appended' }>): GrpcError {
  switch (outcome.kind) {
    case 'inconsistent':
      return consistencyViolated(outcome.violations);
    case 'deleted':
      return streamTombstoned(outcome.streamName);
    case 'wrongExpectedVersion':
      return revisionConflict(outcome.streamName, outcome.expected, outcome.currentRevision);
  }
}

export function streamAlreadyInSession(streamName: string): GrpcError {
  const message = `Stream '${streamName}' already has a different group of messages in this session. Appends for the same stream must currently be grouped together and not interleaved with appends for other streams.`;
  const details = new streamErrors.StreamAlreadyInAppendSessionErrorDetails().setStream(streamName);
  return richError(StatusCode.ABORTED, message, 'STREAM_ALREADY_IN_APPEND_SESSION', 'streams', [
    streamDetail('StreamAlreadyInAppendSessionErrorDetails', details),
  ]);
}

export const sessionWithoutRequests = (): GrpcError =>
  richError(
    StatusCode.FAILED_PRECONDITION,
    'Append session started, but no append requests were sent before ending the session.',
    'APPEND_SESSION_NO_REQUESTS',
    'streams',
    [],
  );

export function transactionTooLarge(size: number, limit: number): GrpcError {
  const details = new streamErrors.AppendTransactionSizeExceededErrorDetails().setSize(size).setMaxSize(limit);
  const message = `The total size of the append transaction (${size}) exceeds the maximum allowed size of ${limit} bytes.`;
  return richError(StatusCode.ABORTED, message, 'APPEND_TRANSACTION_SIZE_EXCEEDED', 'streams', [
    streamDetail('AppendTransactionSizeExceededErrorDetails', details),
  ]);
}

function consistencyViolated(violations: readonly ConsistencyViolation[]): GrpcError {
  const { ConsistencyViolation: Violation } = streamErrors;
  const details = new streamErrors.AppendConsistencyViolationErrorDetails().setViolationsList(
    violations.map(({ checkIndex, streamName, expectedState, actualState }) =>
      new Violation()
        .setCheckIndex(checkIndex)
        .setStreamState(
          new Violation.StreamStateViolation()
            .setStream(streamName)
            .setExpectedState(String(expectedState))
            .setActualState(String(actualState)),
        ),
    ),
  );
  const message = `Append failed due to consistency violations.\n\n${violations.map((violation) => ` - ${violation.message}`).join('\n')}`;
  return richError(StatusCode.FAILED_PRECONDITION, message, 'APPEND_CONSISTENCY_VIOLATION', 'streams', [
    streamDetail('AppendConsistencyViolationErrorDetails', details),
  ]);
}
