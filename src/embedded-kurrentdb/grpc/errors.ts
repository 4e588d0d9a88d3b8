import { type ExpectedVersion, expectedVersionNumber } from '../log/index.js';
import { DataLossError } from '../storage/checked-table.js';
import { StorageFullError } from '../storage/storage-full-error.js';
import { GrpcError, StatusCode } from './status.js';

export const handlerFailed = (cause?: unknown): GrpcError =>
  cause instanceof DataLossError
    ? new GrpcError(StatusCode.DATA_LOSS, cause.message, {}, { cause })
    : new GrpcError(StatusCode.UNKNOWN, 'Exception was thrown by handler.', {}, { cause });

/** The status of an error that a handler threw. */
export const grpcErrorOf = (error: unknown): GrpcError => {
  if (error instanceof GrpcError) return error;
  return error instanceof StorageFullError ? storageFull(error) : handlerFailed(error);
};

export const storageFull = (cause: StorageFullError): GrpcError =>
  new GrpcError(StatusCode.RESOURCE_EXHAUSTED, cause.message, { exception: 'insufficient-storage' }, { cause });

export const accessDenied = (): GrpcError =>
  new GrpcError(StatusCode.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

export const invalidArgument = (message: string): GrpcError => new GrpcError(StatusCode.INVALID_ARGUMENT, message);

export const streamDeleted = (streamName: string): GrpcError =>
  new GrpcError(StatusCode.FAILED_PRECONDITION, `Event stream '${streamName}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': streamName,
  });

export function deleteRefused(streamName: string, expected: ExpectedVersion, actual: number): GrpcError {
  const expectedVersion = String(expectedVersionNumber(expected));
  return new GrpcError(
    StatusCode.FAILED_PRECONDITION,
    `Delete failed due to WrongExpectedVersion. Stream: ${streamName}, Expected version: ${expectedVersion}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': streamName,
      'expected-version': expectedVersion,
      'actual-version': String(actual),
    },
  );
}

export const missingMetadataProperty = (property: string): GrpcError =>
  new GrpcError(StatusCode.INVALID_ARGUMENT, `Required Metadata Property '${property}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });

export const appendTooLarge = (limit: number): GrpcError =>
  new GrpcError(StatusCode.INVALID_ARGUMENT, `Maximum Append Size of ${limit} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(limit),
  });
