import { InvalidSettingsError } from '../rules/index.js';
import { GroupError } from '../runtime/group-error.js';
import { GrpcError, StatusCode } from '../../grpc/status.js';

interface FailureResponse {
  readonly code: StatusCode;
  /** Trailer by which the official client selects its error class. */
  readonly exception: string;
  readonly messageFor: (group: string) => string;
}

/** Responses of KurrentDB. [groups.*, consume.not-found, consume.max-subscribers] */
const RESPONSES: Readonly<Record<GroupError['type'], FailureResponse>> = {
  missing: {
    code: StatusCode.NOT_FOUND,
    exception: 'persistent-subscription-does-not-exist',
    messageFor: (group) => `Subscription ${group} does not exist.`,
  },
  exists: {
    code: StatusCode.ALREADY_EXISTS,
    exception: 'persistent-subscription-exists',
    messageFor: (group) => `Subscription ${group} exists.`,
  },
  full: {
    code: StatusCode.FAILED_PRECONDITION,
    exception: 'maximum-subscribers-reached',
    messageFor: (group) => `Maximum subscriptions reached for subscription ${group}.`,
  },
  dropped: {
    code: StatusCode.CANCELLED,
    exception: 'persistent-subscription-dropped',
    messageFor: (group) => `Subscription ${group} was dropped.`,
  },
};

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

/** Maps an error of a group to the response of KurrentDB; returns any other error unchanged. */
export function toGrpcError(error: unknown): unknown {
  if (!(error instanceof GroupError)) return error;
  const { type, streamName, groupName } = error;
  const { code, exception, messageFor } = RESPONSES[type];
  const message = messageFor(`group ${groupName} on stream ${streamName}`);
  return new GrpcError(code, message, trailers(exception, streamName, groupName));
}

/** Maps an error of {@link checkSettings}. [groups.create.invalid] */
export function settingsError(error: unknown, streamName: string, groupName: string): unknown {
  return error instanceof InvalidSettingsError ? groupFailed(streamName, groupName, error.message, error) : error;
}
