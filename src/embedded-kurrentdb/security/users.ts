import { type CommitQueue } from '../storage/commit-queue.js';
import { type Tables } from '../storage/tables.js';
import { type PasswordHash } from './passwords.js';

export interface User {
  readonly loginName: string;
  readonly fullName: string;
  readonly groups: readonly string[];
  readonly disabled: boolean;
  /** Milliseconds since 1970. */
  readonly updatedMs: number;
  readonly password: PasswordHash;
}

/** LMDB limits keys to 1978 bytes. */
const MAX_LOGIN_NAME_BYTES = 1024;

const userKey = (loginName: string): Buffer => Buffer.from(loginName, 'utf8');
const decodeUser = (bytes: Buffer): User => JSON.parse(bytes.toString('utf8')) as User;

/** The table of users. */
export class Users {
  readonly #changeListeners = new Set<() => void>();

  constructor(
    private readonly tables: Tables,
    private readonly commits: CommitQueue,
  ) {}

  get(loginName: string): User | undefined {
    const bytes = isStorable(loginName) ? this.tables.users.get(userKey(loginName)) : undefined;
    return bytes === undefined ? undefined : decodeUser(bytes);
  }

  list(): User[] {
    return [...this.tables.users.values()].map(decodeUser);
  }

  /** Replaces the stored user by the result of `next`; undefined leaves it unchanged. Resolves to the previous user. */
  async change(
    loginName: string,
    next: (stored: User | undefined) => User | 'remove' | undefined,
  ): Promise<User | undefined> {
    const before = await this.commits.submit(() => {
      const stored = this.get(loginName);
      const changed = next(stored);
      if (changed === 'remove') this.tables.users.remove(userKey(loginName));
      else if (changed !== undefined) this.tables.users.put(userKey(loginName), Buffer.from(JSON.stringify(changed)));
      return stored;
    });
    for (const listener of this.#changeListeners) listener();
    return before;
  }

  /** Called after each change: cached credentials may no longer be valid. */
  onChange(listener: () => void): void {
    this.#changeListeners.add(listener);
  }
}

function isStorable(loginName: string): boolean {
  const length = Buffer.byteLength(loginName);
  return length > 0 && length <= MAX_LOGIN_NAME_BYTES;
}
