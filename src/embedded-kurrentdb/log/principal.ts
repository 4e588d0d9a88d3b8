/** Who is calling. */
export interface Principal {
  /** Undefined for anonymous callers. */
  readonly loginName: string | undefined;
  readonly groups: readonly string[];
  /** May do everything: members of `$admins`, and everyone on a server without security. */
  readonly isAdmin: boolean;
}

export const ADMINS_GROUP = '$admins';
export const OPERATIONS_GROUP = '$ops';

export const ANONYMOUS_PRINCIPAL: Principal = { loginName: undefined, groups: [], isAdmin: false };

/** Everyone, where security is off. */
export const SYSTEM_PRINCIPAL: Principal = { loginName: 'system', groups: [ADMINS_GROUP], isAdmin: true };

export const userPrincipal = (loginName: string, groups: readonly string[]): Principal => ({
  loginName,
  groups,
  isAdmin: groups.includes(ADMINS_GROUP),
});
