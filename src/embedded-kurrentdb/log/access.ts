import { type AccessControlList, type StreamRight } from './access-control-list.js';
import { indexStream } from './index-streams.js';
import { isMetadataStream, isSystemStream, streamDescribedBy } from './stream-name.js';

/** Who wants something; undefined name: anonymous. */
export interface Caller {
  readonly loginName: string | undefined;
  readonly groups: readonly string[];
  readonly isAdmin: boolean;
}

/** The log as a whole, where a stream name is asked for. */
export const ALL_STREAMS = '$all';

/** The role that everyone who is logged in has. */
const EVERYONE = '$all';

/** A right to a stream, put as the right to the stream whose ACL decides: metadata streams are governed by the stream they describe. */
export function governingRight(
  streamName: string,
  right: StreamRight,
): { readonly streamName: string; readonly right: StreamRight } {
  if (!isMetadataStream(streamName)) return { streamName, right };
  const described = streamDescribedBy(streamName);
  if (right === 'read') return { streamName: described, right: 'metadataRead' };
  return { streamName: described, right: right === 'delete' ? 'delete' : 'metadataWrite' };
}

/** Whether nobody has the right, also no admin: the indexes of the log are not written to. Their metadata is. */
export const isReadOnly = (streamName: string, right: StreamRight): boolean =>
  (right === 'write' || right === 'delete') && indexStream(streamName) !== undefined;

/**
 * Whether the ACL of the stream lets the caller do this. Without a word of it, users may do anything with ordinary streams, and
 * only admins anything with system streams. Nobody who is anonymous gets in, and no admin is kept out.
 */
export function isAllowed(
  caller: Caller,
  streamName: string,
  right: StreamRight,
  acl: AccessControlList | undefined,
): boolean {
  if (caller.isAdmin) return true;
  if (caller.loginName === undefined) return false;
  const roles = acl?.[right];
  if (roles === undefined) return !isSystemStream(streamName);
  return roles.some((role) => role === EVERYONE || role === caller.loginName || caller.groups.includes(role));
}
