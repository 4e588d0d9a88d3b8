import { type Caller, EVERYONE, hasRole, type Role } from './caller.js';
import { identifyStream, type StreamIdentity } from './stream-name.js';
import { type StreamPermissions } from './stream-metadata.js';

/** `read`: events and state; `write`: append; `admin`: read and change permissions, delete, restore. */
export type StreamRight = keyof StreamPermissions;

/** The part of a stream that access is decided on. */
export interface ProtectedStream {
  readonly name: string;
  /** From the metadata; {@link defaultPermissions} if absent. */
  readonly permissions: StreamPermissions | undefined;
}

export type AccessDecision =
  /** The stream's permissions name the caller, a role of the caller, or everyone. */
  | { readonly kind: 'granted' }
  /** They do not, but a role of the caller grants access, which must be logged. */
  | { readonly kind: 'overridden'; readonly role: Role }
  /** The caller may read the stream, so the response may reveal that it exists. */
  | { readonly kind: 'denied' }
  /** The response must not reveal whether the stream exists. */
  | { readonly kind: 'hidden' };

/** Access rule for streams, the same for all ways to their data. */
export function decideAccess(
  caller: Caller,
  right: StreamRight,
  { name, permissions }: ProtectedStream,
): AccessDecision {
  const stream = identifyStream(name);
  if (stream.kind === 'kurrentdb') return { kind: 'hidden' };
  const granted = permissions ?? defaultPermissions(stream);
  if (isNamed(caller, granted[right])) return { kind: 'granted' };
  const role = overridingRole(caller, stream);
  if (role) return { kind: 'overridden', role };
  return isNamed(caller, granted.read) ? { kind: 'denied' } : { kind: 'hidden' };
}

/** Permissions of a stream without metadata. */
export function defaultPermissions(stream: StreamIdentity): StreamPermissions {
  return ownedBy(stream.kind === 'user' ? stream.userId : 'system');
}

/** All rights for the owner only. */
export function ownedBy(owner: string): StreamPermissions {
  return { read: [owner], write: [owner], admin: [owner] };
}

export function isPublic({ read }: StreamPermissions): boolean {
  return read.includes(EVERYONE);
}

/** Entries of permissions that name the caller. */
export function namesOf(caller: Caller): readonly string[] {
  return caller.kind === 'anonymous' ? [EVERYONE] : [...new Set([EVERYONE, caller.id, ...caller.roles])];
}

/** Whether a role gives the caller all rights on every stream of users. */
export function overridesUserStreams(caller: Caller): boolean {
  return hasRole(caller, 'system', 'admin');
}

function isNamed(caller: Caller, names: readonly string[]): boolean {
  if (names.includes(EVERYONE)) return true;
  if (caller.kind === 'anonymous') return false;
  return names.some((name) => name === caller.id || [...caller.roles].some((role) => role === name));
}

/** User streams are accessible to operators; system streams to services of the operator only. */
function overridingRole(caller: Caller, stream: StreamIdentity): Role | undefined {
  if (hasRole(caller, 'system')) return 'system';
  return stream.kind === 'user' && hasRole(caller, 'admin') ? 'admin' : undefined;
}
