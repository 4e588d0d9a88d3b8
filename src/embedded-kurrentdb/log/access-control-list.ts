/** Operations of a stream that the ACL controls. */
export type StreamOperation = 'read' | 'write' | 'delete' | 'metadataRead' | 'metadataWrite';

/**
 * `$acl`: the users and groups that may perform each operation. An operation that is missing falls back to the default.
 */
export type AccessControlList = Partial<Readonly<Record<StreamOperation, readonly string[]>>>;

const KEYS: Readonly<Record<string, StreamOperation>> = {
  $r: 'read',
  $w: 'write',
  $d: 'delete',
  $mr: 'metadataRead',
  $mw: 'metadataWrite',
};

/** Parses the `$acl` member of a metadata document: a role or an array of roles per operation. */
export function parseAcl(value: unknown): AccessControlList | undefined | 'invalid' {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return 'invalid';
  const acl: Partial<Record<StreamOperation, readonly string[]>> = {};
  for (const [key, roles] of Object.entries(value)) {
    const operation = KEYS[key];
    if (operation === undefined) continue;
    const parsed = parseRoles(roles);
    if (parsed === 'invalid') return 'invalid';
    acl[operation] = parsed;
  }
  return acl;
}

function parseRoles(value: unknown): readonly string[] | 'invalid' {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.every((role): role is string => typeof role === 'string') ? value : 'invalid';
}
