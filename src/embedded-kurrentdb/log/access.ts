import { type AccessControlList, type StreamOperation } from './access-control-list.js';
import { indexStream } from './index-streams.js';
import { type Principal } from './principal.js';
import { isMetadataStream, isSystemStream, originalStreamOf } from './stream-name.js';

/** Name of the whole log in place of a stream name. */
export const ALL_STREAMS = '$all';

/** The role of every authenticated user. */
const ALL_USERS = '$all';

/** Maps an operation on a metadata stream to the operation on its original stream, whose ACL applies. */
export function effectiveOperation(
  streamName: string,
  operation: StreamOperation,
): { readonly streamName: string; readonly operation: StreamOperation } {
  if (!isMetadataStream(streamName)) return { streamName, operation };
  const originalStream = originalStreamOf(streamName);
  if (operation === 'read') return { streamName: originalStream, operation: 'metadataRead' };
  return { streamName: originalStream, operation: operation === 'delete' ? 'delete' : 'metadataWrite' };
}

/**
 * Whether the operation is denied to everyone, admins included: index streams cannot be written. Their metadata can.
 */
export const isReadOnly = (streamName: string, operation: StreamOperation): boolean =>
  (operation === 'write' || operation === 'delete') && indexStream(streamName) !== undefined;

/**
 * Whether the principal may perform the operation. Without `defaultAcl`, users have full access to ordinary streams and
 * only admins to system streams. Anonymous principals are always denied, admins always allowed.
 */
export function isAllowed(
  principal: Principal,
  streamName: string,
  operation: StreamOperation,
  acl: AccessControlList | undefined,
  defaultAcl: () => AccessControlList | undefined,
): boolean {
  if (principal.isAdmin) return true;
  if (principal.loginName === undefined) return false;
  const isSystem = isSystemStream(streamName);
  const roles = acl?.[operation] ?? (isSystem ? undefined : defaultAcl()?.[operation]);
  if (roles === undefined) return !isSystem;
  return roles.some((role) => role === ALL_USERS || role === principal.loginName || principal.groups.includes(role));
}
