/** What someone may want to do with a stream. */
export type StreamOperation = 'read' | 'write' | 'delete' | 'metadataRead' | 'metadataWrite';

/** Who has which right: user names and group names. A right that is not named is decided by the default. */
export type AccessControlList = Partial<Readonly<Record<StreamOperation, readonly string[]>>>;

const KEYS: Readonly<Record<string, StreamOperation>> = {
  $r: 'read',
  $w: 'write',
  $d: 'delete',
  $mr: 'metadataRead',
  $mw: 'metadataWrite',
};

/** The `$acl` member of a metadata document: a role or a list of roles for each right. */
export function parseAcl(value: unknown): AccessControlList | undefined | 'invalid' {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return 'invalid';
  const acl: Partial<Record<StreamOperation, readonly string[]>> = {};
  for (const [key, roles] of Object.entries(value)) {
    const operation = KEYS[key];
    if (operation === undefined) continue;
    const list = roleList(roles);
    if (list === 'invalid') return 'invalid';
    acl[operation] = list;
  }
  return acl;
}

function roleList(value: unknown): readonly string[] | 'invalid' {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return 'invalid';
  const roles: string[] = [];
  for (const role of value as readonly unknown[]) {
    if (typeof role !== 'string') return 'invalid';
    roles.push(role);
  }
  return roles;
}
