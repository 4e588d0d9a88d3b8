import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivately } from './certificates.js';
import { hashPassword, verifyPassword } from './passwords.js';
import { ADMINS_GROUP, OPERATIONS_GROUP } from '../log/principal.js';
import { type User, type Users } from './users.js';

const ADMIN = 'admin';

/** Passwords that everyone knows, as on a real server that was just installed: for tests and development only. */
const DEVELOPMENT_PASSWORD = 'changeit';

const BUILT_IN_USERS = [
  { loginName: ADMIN, fullName: 'KurrentDB Administrator', groups: [ADMINS_GROUP] },
  { loginName: 'ops', fullName: 'KurrentDB Operations', groups: [OPERATIONS_GROUP] },
] as const;

export interface AdminCredentials {
  readonly loginName: string;
  readonly password: string;
}

/** The two users that every server has, with the well-known password if they are not there yet. */
export async function ensureDevelopmentUsers(users: Users, nowMs: number): Promise<AdminCredentials> {
  for (const user of BUILT_IN_USERS) {
    if (users.get(user.loginName) !== undefined) continue;
    const created: User = {
      ...user,
      disabled: false,
      updatedMs: nowMs,
      password: await hashPassword(DEVELOPMENT_PASSWORD),
    };
    await users.change(user.loginName, () => created);
  }
  return { loginName: ADMIN, password: DEVELOPMENT_PASSWORD };
}

/**
 * The password of `admin`, random and kept in a file that only the owner of the data can read. Whoever has the file has the data
 * anyway, so a file that is lost is made anew.
 */
export async function ensurePrivateAdmin(users: Users, directory: string, nowMs: number): Promise<AdminCredentials> {
  const path = join(directory, 'admin-password');
  const kept = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  const password = kept === '' ? randomBytes(24).toString('base64url') : kept;
  if (kept === '') writePrivately(path, `${password}\n`);
  const stored = users.get(ADMIN);
  if (stored === undefined || stored.disabled || !(await verifyPassword(password, stored.password))) {
    const [admin] = BUILT_IN_USERS;
    const created: User = { ...admin, disabled: false, updatedMs: nowMs, password: await hashPassword(password) };
    await users.change(ADMIN, () => created);
  }
  return { loginName: ADMIN, password };
}
