import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CommitQueue } from '../storage/commit-queue.js';
import { LogStore } from '../storage/log-store.js';
import { InternalAuthenticationProvider } from './authentication-provider.js';
import { ensureDevelopmentUsers, ensurePrivateAdmin } from './credentials.js';
import { HashQueue } from './hash-queue.js';
import { hashGeneratedPassword, hashPassword } from './passwords.js';
import { Users } from './users.js';

const basic = (loginName: string, password: string): string =>
  `Basic ${Buffer.from(`${loginName}:${password}`).toString('base64')}`;

describe('InternalAuthenticationProvider', () => {
  let directory: string;
  let store: LogStore;
  let users: Users;
  let provider: InternalAuthenticationProvider;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'authentication-'));
    store = LogStore.open({ directory, durable: false });
    users = new Users(store.tables, new CommitQueue(store));
    provider = new InternalAuthenticationProvider(users, new HashQueue(() => performance.now()));
  });
  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('leaves the threads of the process to others during password guesses', async () => {
    await ensureDevelopmentUsers(users, 0);
    let answered = 0;
    const guesses = Array.from({ length: 100 }, (_, index) =>
      Promise.resolve(provider.authenticate(basic('admin', `guess-${index}`), `peer-${index}`)).then((principal) => {
        expect(principal).toBeUndefined();
        answered++;
      }),
    );
    for (let job = 0; job < 5; job++) await promisify(randomBytes)(16); // as a signature check does, on a thread
    expect(answered).toBeLessThanOrEqual(5);
    await Promise.all(guesses);
  });

  it('accepts a generated password at once, also during password guesses', async () => {
    const { loginName, password } = await ensurePrivateAdmin(users, directory, 0);
    const guess = provider.authenticate(basic('admin', 'guess'), 'guesser');
    expect(guess).toBeInstanceOf(Promise);
    expect(provider.authenticate(basic(loginName, password), 'owner')).toMatchObject({ loginName, isAdmin: true });
    expect(await guess).toBeUndefined();
  });

  it('does the same work for a wrong password, whoever exists', async () => {
    await ensureDevelopmentUsers(users, 0);
    await users.change('ops', (stored) => stored && { ...stored, disabled: true });
    await users.change('generated', () => ({
      loginName: 'generated',
      fullName: '',
      groups: [],
      disabled: false,
      updatedMs: 0,
      password: hashGeneratedPassword('a generated one'),
    }));
    const timeOf = async (loginName: string): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 7; round++) {
        const start = performance.now();
        const peer = `${loginName}-${round}`;
        expect(await provider.authenticate(basic(loginName, `wrong-${round}`), peer)).toBeUndefined();
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[3] ?? 0;
    };
    const known = await timeOf('admin');
    for (const loginName of ['nobody', 'ops', 'generated', '', 'x'.repeat(5_000)]) {
      const ratio = (await timeOf(loginName)) / known;
      expect({ loginName, isAlike: ratio > 0.4 && ratio < 2.5 }).toEqual({ loginName, isAlike: true });
    }
  });

  it('replaces the slow hash of a generated password of an earlier version, without a word', async () => {
    const { password } = await ensurePrivateAdmin(users, directory, 0);
    const slow = await hashPassword(password);
    await users.change('admin', (stored) => stored && { ...stored, password: slow });
    expect(await ensurePrivateAdmin(users, directory, 1)).toEqual({ loginName: 'admin', password, repair: undefined });
    expect(users.get('admin')?.password.algorithm).toBe('sha-256');
    expect(provider.authenticate(basic('admin', password), 'owner')).toMatchObject({ isAdmin: true });
  });

  it('rejects verified credentials after a change of the user', async () => {
    const { password } = await ensurePrivateAdmin(users, directory, 0);
    expect(provider.authenticate(basic('admin', password), 'owner')).toMatchObject({ isAdmin: true });
    await users.change('admin', (stored) => stored && { ...stored, disabled: true });
    expect(await provider.authenticate(basic('admin', password), 'owner')).toBeUndefined();
  });
});
