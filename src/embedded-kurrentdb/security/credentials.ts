import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivately } from './certificates.js';
import { hashPassword, verifyPassword } from './passwords.js';
import { ADMINS_GROUP, OPERATIONS_GROUP } from '../log/principal.js';
import { type User, type Users } from './users.js';

const ADMIN = 'admin';

/** The well-known default password of a new KurrentDB: for tests and development only. */
const DEVELOPMENT_PASSWORD = 'changeit';

const BUILT_IN_USERS = [
  { loginName: ADMIN, fullName: 'KurrentDB Administrator', groups: [ADMINS_GROUP] },
  { loginName: 'ops', fullName: 'KurrentDB Operations', groups: [OPERATIONS_GROUP] },
] as const;

export interface AdminCredentials {
  readonly loginName: string;
  readonly password: string;
}

/** Creates `admin` and `ops` with the default password, unless they exist. */
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
 * Ensures a random password for `admin`, stored in a file that only the owner of the data can read. If the file is
 * lost, a new password is generated: whoever can write the directory has access to the data anyway.
 */
export async function ensurePrivateAdmin(users: Users, directory: string, nowMs: number): Promise<AdminCredentials> {
  const path = join(directory, 'admin-password');
  const existing = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  const password = existing === '' ? randomBytes(24).toString('base64url') : existing;
  if (existing === '') writePrivately(path, `${password}\n`);
  const stored = users.get(ADMIN);
  if (stored === undefined || stored.disabled || !(await verifyPassword(password, stored.password))) {
    const [admin] = BUILT_IN_USERS;
    const created: User = { ...admin, disabled: false, updatedMs: nowMs, password: await hashPassword(password) };
    await users.change(ADMIN, () => created);
  }
  return { loginName: ADMIN, password };
}
