import { type AccessControlList, type StreamOperation } from './access-control-list.js';
import { indexStream } from './index-streams.js';
import { type Principal } from './principal.js';
import { isMetadataStream, isSystemStream, originalStreamOf } from './stream-name.js';

/** The log as a whole, where a stream name is asked for. */
export const ALL_STREAMS = '$all';

/** The role that everyone who is logged in has. */
const EVERYONE = '$all';

/** A right to a stream, put as the right to the stream whose ACL decides: metadata streams are governed by the stream they describe. */
export function effectiveOperation(
  streamName: string,
  operation: StreamOperation,
): { readonly streamName: string; readonly operation: StreamOperation } {
  if (!isMetadataStream(streamName)) return { streamName, operation };
  const described = originalStreamOf(streamName);
  if (operation === 'read') return { streamName: described, operation: 'metadataRead' };
  return { streamName: described, operation: operation === 'delete' ? 'delete' : 'metadataWrite' };
}

/** Whether nobody has the right, also no admin: the indexes of the log are not written to. Their metadata is. */
export const isReadOnly = (streamName: string, operation: StreamOperation): boolean =>
  (operation === 'write' || operation === 'delete') && indexStream(streamName) !== undefined;

/**
 * Whether the ACL of the stream lets the caller do this. Without a word of it, users may do anything with ordinary streams, and
 * only admins anything with system streams. Nobody who is anonymous gets in, and no admin is kept out.
 */
export function isAllowed(
  principal: Principal,
  streamName: string,
  operation: StreamOperation,
  acl: AccessControlList | undefined,
): boolean {
  if (principal.isAdmin) return true;
  if (principal.loginName === undefined) return false;
  const roles = acl?.[operation];
  if (roles === undefined) return !isSystemStream(streamName);
  return roles.some((role) => role === EVERYONE || role === principal.loginName || principal.groups.includes(role));
}
