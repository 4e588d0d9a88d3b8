import { type StreamPermissions } from './stream-metadata.js';

/** KurrentDB's access control list: users and groups by operation. */
export type StreamAcl = Readonly<Record<'$r' | '$w' | '$d' | '$mr' | '$mw', readonly string[]>>;

/** KurrentDB's group of administrators; this service is one. */
const ADMINISTRATORS = '$admins';
const EVERY_USER = '$all';

/**
 * `*` maps to `$all`, the roles `system` and `admin` to the store's administrators, other names to users of the store.
 */
export function aclOf({ read, write, admin }: StreamPermissions): StreamAcl {
  const roles = (names: readonly string[]): string[] => [
    ...new Set(
      names.map((name) => (name === '*' ? EVERY_USER : name === 'system' || name === 'admin' ? ADMINISTRATORS : name)),
    ),
  ];
  return { $r: roles(read), $w: roles(write), $d: roles(admin), $mr: roles(read), $mw: roles(admin) };
}

/**
 * The list of a stream that begins. KurrentDB does not record who wrote an event. But after such a list nobody except
 * an administrator writes to the stream or changes the list, so that a first event behind it is this service's.
 */
export function closedAclOf(permissions: StreamPermissions): StreamAcl {
  return { ...aclOf(permissions), $w: [ADMINISTRATORS], $d: [ADMINISTRATORS], $mw: [ADMINISTRATORS] };
}

/** Whether a stored list lets administrators only write to the stream, delete it and change the list. */
export function isClosed(acl: unknown): boolean {
  return (['$w', '$d', '$mw'] as const).every((operation) => {
    const roles: unknown =
      typeof acl === 'object' && acl !== null ? (acl as Record<string, unknown>)[operation] : undefined;
    return roles === ADMINISTRATORS || (Array.isArray(roles) && roles.every((role) => role === ADMINISTRATORS));
  });
}
