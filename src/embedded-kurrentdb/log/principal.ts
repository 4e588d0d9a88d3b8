/** The identity of a caller. */
export interface Principal {
  /** Undefined if anonymous. */
  readonly loginName: string | undefined;
  readonly groups: readonly string[];
  /** Has all permissions: members of `$admins`, and every caller of an insecure server. */
  readonly isAdmin: boolean;
}

export const ADMINS_GROUP = '$admins';
export const OPERATIONS_GROUP = '$ops';

export const ANONYMOUS_PRINCIPAL: Principal = { loginName: undefined, groups: [], isAdmin: false };

/** The principal of every call to an insecure server. */
export const SYSTEM_PRINCIPAL: Principal = { loginName: 'system', groups: [ADMINS_GROUP], isAdmin: true };

export const userPrincipal = (loginName: string, groups: readonly string[]): Principal => ({
  loginName,
  groups,
  isAdmin: groups.includes(ADMINS_GROUP),
});
