import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivately } from './certificates.js';
import { type Credentials, hashPassword, verifyPassword } from './passwords.js';
import { ADMINS_GROUP, OPERATIONS_GROUP } from '../log/principal.js';
import { type User, type Users } from './users.js';

const ADMIN = 'admin';

/** The well-known default password of a new KurrentDB: for tests and development only. */
const DEVELOPMENT_PASSWORD = 'changeit';

const BUILT_IN_USERS = [
  { loginName: ADMIN, fullName: 'KurrentDB Administrator', groups: [ADMINS_GROUP] },
  { loginName: 'ops', fullName: 'KurrentDB Operations', groups: [OPERATIONS_GROUP] },
] as const;

/** Creates `admin` and `ops` with the default password, unless they exist. */
export async function ensureDevelopmentUsers(users: Users, nowMs: number): Promise<Credentials> {
  for (const user of BUILT_IN_USERS) {
    if (users.get(user.loginName) === undefined) await store(users, user, DEVELOPMENT_PASSWORD, nowMs);
  }
  return { loginName: ADMIN, password: DEVELOPMENT_PASSWORD };
}

/**
 * Ensures a random password for `admin`, stored in a file that only the owner of the data can read. If the file is
 * lost, a new password is generated: whoever can write the directory has access to the data anyway.
 */
export async function ensurePrivateAdmin(users: Users, directory: string, nowMs: number): Promise<Credentials> {
  const path = join(directory, 'admin-password');
  const existing = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  const password = existing === '' ? randomBytes(24).toString('base64url') : existing;
  if (existing === '') writePrivately(path, `${password}\n`);
  const stored = users.get(ADMIN);
  if (stored === undefined || stored.disabled || !(await verifyPassword(password, stored.password)))
    await store(users, BUILT_IN_USERS[0], password, nowMs);
  return { loginName: ADMIN, password };
}

async function store(
  users: Users,
  builtIn: (typeof BUILT_IN_USERS)[number],
  password: string,
  nowMs: number,
): Promise<void> {
  const user: User = { ...builtIn, disabled: false, updatedMs: nowMs, password: await hashPassword(password) };
  await users.change(user.loginName, () => user);
}
