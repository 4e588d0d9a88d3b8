import { until } from '../support/eventually.js';
import {
  AuthenticationError,
  ConnectionError,
  type AuthenticatedCaller,
  ValidationError,
} from '../../src/event-store/domain/index.js';
import { ReadModels } from '../../src/event-store/index.js';
import { ApiKeyService } from '../../src/identity/api-keys/api-key.service.js';
import { ApiKeyCache } from '../../src/identity/api-keys/api-key-cache.js';
import { API_KEYS_STREAM } from '../../src/identity/domain/index.js';
import { ShiftedClock } from '../support/shifted-clock.js';
import { connect, type Connected, useStore } from '../support/connected-store.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';

const UNKNOWN = `pps_${'a'.repeat(12)}_${'b'.repeat(43)}`;

/** The caller of a key, or the error of its rejection. */
async function verify(table: ApiKeyCache, key: string): Promise<AuthenticatedCaller | Error> {
  try {
    return await table.verify(key);
  } catch (error) {
    if (error instanceof AuthenticationError || error instanceof ConnectionError) return error;
    throw error;
  }
}

const isCaughtUp = async (table: ApiKeyCache): Promise<boolean> =>
  (await verify(table, UNKNOWN)) instanceof AuthenticationError;

describe('API keys', () => {
  const connected = useStore();
  const clock = new ShiftedClock();
  let register: ApiKeyService;
  let models: ReadModels;
  let table: ApiKeyCache;
  let names = 0;
  const newName = (): string => `service-${Date.now()}-${names++}`;

  beforeAll(() => {
    register = new ApiKeyService(connected.store, clock);
    models = new ReadModels(connected.store, 'unused');
    table = new ApiKeyCache(models, connected.store, clock);
  });
  afterEach(() => (clock.aheadMs = 0));
  afterAll(() => models.stop());

  it('are unknown before the first was created, and cannot be verified before their stream was read', async () => {
    expect(await verify(table, UNKNOWN)).toBeInstanceOf(ConnectionError);
    models.start();
    await until(() => isCaughtUp(table));
    expect(await verify(table, UNKNOWN)).toMatchObject({ message: expect.stringContaining('is unknown') as string });
    expect(await register.list()).toEqual(expect.any(Array));
  });

  it('are recorded in a system stream without their secret', async () => {
    const { text, keyId } = await register.create({ name: newName(), roles: [] });
    const { metadata } = await connected.store.getStreamMetadata(API_KEYS_STREAM);
    expect(metadata).toMatchObject({
      metadata: { owner: 'system' },
      permissions: { read: ['system'], write: ['system'], admin: ['system'] },
    });
    const events = await connected.store.readStream(API_KEYS_STREAM, { direction: 'backwards', limit: 1 });
    expect(events[0]).toMatchObject({
      type: 'ApiKeyCreated',
      data: { keyId, hash: expect.stringMatching(/^[\w-]{43}$/) as string },
    });
    const secret = text.slice(text.lastIndexOf(keyId) + keyId.length + 1);
    expect(
      JSON.stringify([events, await register.list(), metadata], (_, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
    ).not.toContain(secret);
  });

  it('are accepted by every replica once created on one, and rejected once revoked on one', async () => {
    const [name, other] = [newName(), newName()];
    const { text } = await register.create({ name, roles: ['system'] });
    const { text: kept } = await register.create({ name: other, roles: [] });
    await until(
      async () => !((await verify(table, text)) instanceof Error) && !((await verify(table, kept)) instanceof Error),
    );
    expect(await table.verify(text)).toEqual({ kind: 'known', id: `key:${name}`, roles: new Set(['user', 'system']) });
    await register.revoke(name);
    await until(async () => (await verify(table, text)) instanceof Error);
    expect(await verify(table, text)).toMatchObject({
      type: 'authentication-error',
      message: expect.stringContaining('has been revoked') as string,
    });
    expect(await table.verify(kept)).toMatchObject({ id: `key:${other}`, roles: new Set(['user']) });
  });

  it('are rejected after their expiry, with another secret, or in another form', async () => {
    const { text } = await register.create({ name: newName(), roles: [], expiresInSeconds: 60 });
    await until(async () => !((await verify(table, text)) instanceof Error));
    expect((await table.verify(text)).expiresAt).toBeGreaterThan(Date.now());
    const wrong = `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`;
    for (const key of [wrong, text.slice(0, -1), `${text}A`, text.toUpperCase(), 'pps_', ''])
      expect(await verify(table, key)).toMatchObject({ type: 'authentication-error' });
    clock.aheadMs = 61_000;
    expect(await verify(table, text)).toMatchObject({
      type: 'authentication-error',
      message: expect.stringContaining('has expired') as string,
    });
  });

  it('have a name that no other key has, also after they are revoked, by name or by id', async () => {
    const name = newName();
    const { keyId } = await register.create({ name, roles: [], expiresInSeconds: 1 });
    await expect(register.create({ name, roles: [] })).rejects.toThrow(
      `An API key named '${name}' already exists; use another name`,
    );
    expect(await register.revoke(keyId)).toMatchObject({ name, keyId });
    for (const gone of [keyId, name, 'nothing']) await expect(register.revoke(gone)).rejects.toThrow(ValidationError);
    await expect(register.create({ name, roles: [] })).rejects.toThrow(
      `'${name}' was the name of a revoked API key, whose permissions on streams the new one would have; use another name`,
    );
    await expect(register.create({ name: 'Not A Name', roles: [] })).rejects.toThrow(ValidationError);
  });

  it('are all recorded under concurrent creation and revocation; of two with one name, one is', async () => {
    const replicas = Array.from({ length: 8 }, () => new ApiKeyService(connected.store, clock));
    const own = replicas.map(() => newName());
    const shared = newName();
    const results = await Promise.allSettled(
      replicas.flatMap((replica, index) => [
        replica.create({ name: own[index] ?? '', roles: [] }),
        replica.create({ name: shared, roles: [] }),
      ]),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(replicas.length + 1);
    expect((await register.list()).map(({ name }) => name)).toEqual(expect.arrayContaining([...own, shared]));
  });
});

describe('API keys while the store is unavailable', () => {
  itWithOwnServer(
    'are accepted for half a minute if cached; unknown keys cannot be verified; rejected ones stay rejected',
    async () => {
      const server = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
      const { store, clients }: Connected = connect(server.connectionString);
      const clock = new ShiftedClock();
      const models = new ReadModels(store, 'unused');
      const table = new ApiKeyCache(models, store, clock);
      try {
        const register = new ApiKeyService(store, clock);
        const { text } = await register.create({ name: 'kept', roles: [] });
        const { text: revoked } = await register.create({ name: 'gone', roles: [] });
        await register.revoke('gone');
        models.start();
        await until(() => isCaughtUp(table));
        expect((await table.verify(text)).id).toBe('key:kept');

        await server.kill('SIGKILL');
        await until(async () => !(await isCaughtUp(table)));
        expect(await verify(table, UNKNOWN)).toMatchObject({
          type: 'connection-error',
          message: expect.stringContaining('KurrentDB, which stores them, cannot be reached') as string,
        });
        expect((await table.verify(text)).id).toBe('key:kept');
        expect(await verify(table, revoked)).toBeInstanceOf(AuthenticationError);
        clock.aheadMs = 31_000;
        expect(await verify(table, text)).toBeInstanceOf(ConnectionError);
        expect(await verify(table, revoked)).toBeInstanceOf(AuthenticationError);
        expect(await verify(table, `${text.slice(0, -2)}xx`)).toBeInstanceOf(AuthenticationError);
      } finally {
        await models.stop();
        await clients.close();
        await server.kill();
      }
    },
  );

  itWithOwnServer('are accepted again when it is back, including those created meanwhile', async () => {
    const server = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
    const { store, clients } = connect(server.connectionString);
    const clock = new ShiftedClock();
    const models = new ReadModels(store, 'unused');
    const table = new ApiKeyCache(models, store, clock);
    models.start();
    await until(() => isCaughtUp(table));
    await server.kill('SIGKILL');
    await until(async () => !(await isCaughtUp(table)));
    const again = await KurrentDBServer.start('--mem-db', '--insecure', '--port', String(server.port));
    try {
      await until(() => isCaughtUp(table));
      const other = connect(again.connectionString);
      const { text } = await new ApiKeyService(other.store, clock).create({ name: 'late', roles: [] });
      await other.clients.close();
      await until(async () => !((await verify(table, text)) instanceof Error));
      expect((await table.verify(text)).id).toBe('key:late');
    } finally {
      await models.stop();
      await clients.close();
      await again.kill();
    }
  });
});
