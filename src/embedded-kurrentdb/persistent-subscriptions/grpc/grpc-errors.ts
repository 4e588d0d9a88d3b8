import { InvalidSettingsError } from '../rules/index.js';
import { GroupError } from '../runtime/group-error.js';
import { handlerFailed } from '../../grpc/errors.js';
import { GrpcError, StatusCode } from '../../grpc/status.js';

/** An empty group name is left out of the trailers. [groups.list] */
function trailers(exception: string, streamName: string, groupName: string): Record<string, string> {
  return { exception, 'stream-name': streamName, ...(groupName === '' ? {} : { 'group-name': groupName }) };
}

export const groupNotFound = (streamName: string, groupName: string): GrpcError =>
  new GrpcError(
    StatusCode.NOT_FOUND,
    `Subscription group ${groupName} on stream ${streamName} does not exist.`,
    trailers('persistent-subscription-does-not-exist', streamName, groupName),
  );

const groupExists = (streamName: string, groupName: string): GrpcError =>
  new GrpcError(
    StatusCode.ALREADY_EXISTS,
    `Subscription group ${groupName} on stream ${streamName} exists.`,
    trailers('persistent-subscription-exists', streamName, groupName),
  );

const groupFull = (streamName: string, groupName: string): GrpcError =>
  new GrpcError(
    StatusCode.FAILED_PRECONDITION,
    `Maximum subscriptions reached for subscription group ${groupName} on stream ${streamName}.`,
    trailers('maximum-subscribers-reached', streamName, groupName),
  );

export const groupDropped = (streamName: string, groupName: string): GrpcError =>
  new GrpcError(
    StatusCode.CANCELLED,
    `Subscription group ${groupName} on stream ${streamName} was dropped.`,
    trailers('persistent-subscription-dropped', streamName, groupName),
  );

export const groupFailed = (streamName: string, groupName: string, reason: string, cause?: unknown): GrpcError =>
  new GrpcError(
    StatusCode.INTERNAL,
    `Subscription group ${groupName} on stream ${streamName} failed: '${reason}'`,
    { ...trailers('persistent-subscription-failed', streamName, groupName), reason },
    { cause },
  );

/** Maps an error to the response of KurrentDB. [groups.*, consume.not-found, consume.max-subscribers] */
export function toGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  if (!(error instanceof GroupError)) return handlerFailed(error);
  const { type, streamName, groupName } = error;
  switch (type) {
    case 'exists':
      return groupExists(streamName, groupName);
    case 'missing':
      return groupNotFound(streamName, groupName);
    case 'full':
      return groupFull(streamName, groupName);
    case 'dropped':
      return groupDropped(streamName, groupName);
  }
}

/** Maps an error of {@link checkSettings}. [groups.create.invalid] */
export function settingsError(error: unknown, streamName: string, groupName: string): unknown {
  return error instanceof InvalidSettingsError ? groupFailed(streamName, groupName, error.message, error) : error;
}
