import { InvalidSettingsError } from '../rules/index.js';
import { GroupError } from '../runtime/group-error.js';
import { GrpcError, StatusCode } from '../../grpc/status.js';

/** An empty group name is left out of the trailers. [groups.list] */
function trailers(exception: string, streamName: string, groupName: string): Record<string, string> {
  return { exception, 'stream-name': streamName, ...(groupName === '' ? {} : { 'group-name': groupName }) };
}

export const groupFailed = (streamName: string, groupName: string, reason: string, cause?: unknown): GrpcError =>
  new GrpcError(
    StatusCode.INTERNAL,
    `Subscription group ${groupName} on stream ${streamName} failed: '${reason}'`,
    { ...trailers('persistent-subscription-failed', streamName, groupName), reason },
    { cause },
  );

/**
 * Maps an error of a group to the response of KurrentDB; returns any other error unchanged. The official client selects
 * its error class by the trailer `exception`. [groups.*, consume.not-found, consume.max-subscribers]
 */
export function toGrpcError(error: unknown): unknown {
  if (!(error instanceof GroupError)) return error;
  const { type, streamName, groupName } = error;
  const group = `group ${groupName} on stream ${streamName}`;
  const response = (code: StatusCode, exception: string, message: string): GrpcError =>
    new GrpcError(code, message, trailers(exception, streamName, groupName));
  switch (type) {
    case 'missing':
      return response(
        StatusCode.NOT_FOUND,
        'persistent-subscription-does-not-exist',
        `Subscription ${group} does not exist.`,
      );
    case 'exists':
      return response(StatusCode.ALREADY_EXISTS, 'persistent-subscription-exists', `Subscription ${group} exists.`);
    case 'full':
      return response(
        StatusCode.FAILED_PRECONDITION,
        'maximum-subscribers-reached',
        `Maximum subscriptions reached for subscription ${group}.`,
      );
    case 'dropped':
      return response(StatusCode.CANCELLED, 'persistent-subscription-dropped', `Subscription ${group} was dropped.`);
  }
}

/** Maps an error of {@link checkSettings}. [groups.create.invalid] */
export function settingsError(error: unknown, streamName: string, groupName: string): unknown {
  return error instanceof InvalidSettingsError ? groupFailed(streamName, groupName, error.message, error) : error;
}
