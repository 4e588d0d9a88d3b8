import { type Caller, EVERYONE, hasRole, type Role } from './caller.js';
import { identifyStream, type StreamIdentity } from './stream-name.js';
import { type StreamPermissions } from './stream-metadata.js';

/** `read`: events and state; `write`: append; `admin`: see and change who may do what, delete, restore. */
export type StreamRight = keyof StreamPermissions;

/** A stream, as far as access to it goes. */
export interface ProtectedStream {
  readonly name: string;
  /** Of its metadata; the owner's alone where it has none (yet). */
  readonly permissions: StreamPermissions | undefined;
}

export type AccessDecision =
  /** The stream's permissions name the caller, a role of the caller, or everyone. */
  | { readonly kind: 'granted' }
  /** They do not; the caller's role opens it, which must not go unnoticed. */
  | { readonly kind: 'overridden'; readonly role: Role }
  /** The caller may read it, but not do this: it may be told so. */
  | { readonly kind: 'refused' }
  /** The caller must not learn whether it exists. */
  | { readonly kind: 'hidden' };

/** Decides whether a caller may do something with a stream: the one rule of this service, whichever way leads to the data. */
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
  return isNamed(caller, granted.read) ? { kind: 'refused' } : { kind: 'hidden' };
}

/** Whom a stream belongs to whose metadata say nothing. */
export function defaultPermissions(stream: StreamIdentity): StreamPermissions {
  return ownedBy(stream.kind === 'user' ? stream.userId : 'system');
}

/** The owner alone, for everything. */
export function ownedBy(owner: string): StreamPermissions {
  return { read: [owner], write: [owner], admin: [owner] };
}

export function isPublic({ read }: StreamPermissions): boolean {
  return read.includes(EVERYONE);
}

function isNamed(caller: Caller, names: readonly string[]): boolean {
  if (names.includes(EVERYONE)) return true;
  if (caller.kind === 'anonymous') return false;
  return names.some((name) => name === caller.id || [...caller.roles].some((role) => role === name));
}

/** Streams of users are open to those who run the service; streams of the system to the system alone. */
function overridingRole(caller: Caller, stream: StreamIdentity): Role | undefined {
  if (hasRole(caller, 'system')) return 'system';
  return stream.kind === 'user' && hasRole(caller, 'admin') ? 'admin' : undefined;
}
