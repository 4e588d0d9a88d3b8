import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivately } from './certificates.js';
import {
  type Credentials,
  hashGeneratedPassword,
  hashPassword,
  type PasswordHash,
  verifyPassword,
} from './passwords.js';
import { ADMINS_GROUP, OPERATIONS_GROUP } from '../log/principal.js';
import { type User, type Users } from './users.js';

const ADMIN = 'admin';

/** The well-known default password of a new KurrentDB: for tests and development only. */
const DEVELOPMENT_PASSWORD = 'changeit';

const BUILT_IN_USERS = [
  { loginName: ADMIN, fullName: 'KurrentDB Administrator', groups: [ADMINS_GROUP] },
  { loginName: 'ops', fullName: 'KurrentDB Operations', groups: [OPERATIONS_GROUP] },
] as const;

export interface PrivateAdmin extends Credentials {
  /** What was done about a password that did not fit, and about other users; undefined if nothing was. */
  readonly repair: string | undefined;
}

/** Creates `admin` and `ops` with the default password, unless they exist. */
export async function ensureDevelopmentUsers(users: Users, nowMs: number): Promise<Credentials> {
  for (const user of BUILT_IN_USERS) {
    if (users.get(user.loginName) === undefined)
      await store(users, user, await hashPassword(DEVELOPMENT_PASSWORD), nowMs);
  }
  return { loginName: ADMIN, password: DEVELOPMENT_PASSWORD };
}

/** The characters of generated passwords; a client does not send all others as they are. */
const PASSWORD = /^[\w-]+$/;

/**
 * Ensures that the only user is `admin`, with a random password that is stored in a file that only the owner of the
 * data can read. If the file is lost or damaged, a new password is generated: whoever can write the directory has
 * access to the data anyway.
 */
export async function ensurePrivateAdmin(users: Users, directory: string, nowMs: number): Promise<PrivateAdmin> {
  const path = join(directory, 'admin-password');
  const existing = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  const isReadable = PASSWORD.test(existing);
  const password = isReadable ? existing : randomBytes(24).toString('base64url');
  if (!isReadable) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writePrivately(path, `${password}\n`);
  }
  const stored = users.get(ADMIN);
  const fits = stored?.disabled === false && (await verifyPassword(password, stored.password));
  // Earlier versions stored a slow hash.
  if (!fits || stored.password.algorithm === undefined)
    await store(users, BUILT_IN_USERS[0], hashGeneratedPassword(password), nowMs);
  const others = users.list().filter(({ loginName }) => loginName !== ADMIN);
  for (const { loginName } of others) await users.change(loginName, () => 'remove');
  const removal = `users that a store of a service does not have were removed: ${others.map(({ loginName }) => loginName).join(', ')}`;
  const repair = `the password in ${path} was not that of the user "${ADMIN}", who has got ${isReadable ? 'it' : 'a new one'}`;
  const repairs = [...(fits || stored === undefined ? [] : [repair]), ...(others.length === 0 ? [] : [removal])];
  return { loginName: ADMIN, password, repair: repairs.length === 0 ? undefined : repairs.join('; ') };
}

async function store(
  users: Users,
  builtIn: (typeof BUILT_IN_USERS)[number],
  password: PasswordHash,
  nowMs: number,
): Promise<void> {
  const user: User = { ...builtIn, disabled: false, updatedMs: nowMs, password };
  await users.change(user.loginName, () => user);
}
