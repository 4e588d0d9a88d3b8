import {
  AccessDeniedError,
  type EventData,
  jsonEvent,
  type JSONType,
  KurrentDBClient,
} from '@kurrent/kurrentdb-client';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ApiCaller } from '../support/api-caller.js';
import { outputOf, runCommand } from '../support/command-line.js';
import { until } from '../support/eventually.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const FORGED = { keyId: 'forged123456', secret: Buffer.alloc(32, 7).toString('base64url') };
const OPEN_TO_MALLORY = {
  name: 'user-bob-loans',
  description: 'forged',
  metadata: {
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    version: '1.0.0',
    tags: [],
    owner: 'bob',
  },
  status: 'active',
  permissions: { read: ['bob', 'mallory'], write: ['bob', 'mallory'], admin: ['mallory'] },
};

describe('an external KurrentDB with an ordinary user', () => {
  let dataDir: string;
  let store: KurrentDBServer;
  let environment: Record<string, string>;
  /** The ordinary user: `ops` is in no group that this service is in. */
  let mallory: KurrentDBClient;
  let callers: Record<'bob' | 'mallory', ApiCaller>;

  beforeEach(async () => {
    dataDir = makeDataDir();
    store = await KurrentDBServer.start('--data', join(dataDir, 'store'), '--port', '0');
    environment = { DATA_DIR: join(dataDir, 'data'), ...AUTH, KURRENTDB_CONNECTION_STRING: store.connectionString };
    mallory = asMallory(store);
  });
  afterEach(async () => {
    await mallory.dispose();
    await ServiceProcess.killAll();
    await store.kill();
    removeDataDir(dataDir);
  });

  const start = async (more: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> => {
    const service = await ready(await ServiceProcess.start({ ...environment, ...more }));
    const of = (user: string): Promise<ApiCaller> => ApiCaller.of(() => service.url, user);
    callers = { bob: await of('bob'), mallory: await of('mallory') };
    return service;
  };
  const asMallory = ({ connectionString }: KurrentDBServer): KurrentDBClient =>
    KurrentDBClient.connectionString(connectionString.replace('admin:', 'ops:'));
  /** Replaces the store by an empty one with the same certificates and the same port. @param fill before it is there */
  const replaceStore = async (fill?: () => Promise<unknown>): Promise<void> => {
    const { port } = store;
    const startAt = async (at: number): Promise<void> => {
      await mallory.dispose();
      await store.kill();
      store = await KurrentDBServer.start('--data', join(dataDir, 'store'), '--port', String(at));
      mallory = asMallory(store);
    };
    await store.kill();
    for (const file of ['format', 'store.mdb', 'store.mdb-lock']) rmSync(join(dataDir, 'store', file), { force: true });
    if (fill) {
      await startAt(0);
      await fill();
    }
    await startAt(port);
  };
  const append = (stream: string, type: string, data: JSONType): Promise<unknown> =>
    mallory.appendToStream(stream, [jsonEvent({ type, data }) as EventData]);
  const forgeApiKey = (): Promise<unknown> =>
    append('system-api-keys', 'ApiKeyCreated', {
      keyId: FORGED.keyId,
      name: 'forged',
      hash: createHash('sha256').update(FORGED.secret).digest('base64url'),
      roles: ['system', 'admin'],
      createdAt: '2026-01-01T00:00:00.000Z',
    });
  const statusOfForgedKey = async (service: ServiceProcess): Promise<number> =>
    (
      await service.request('GET', '/api/users/bob/streams', {
        headers: { 'x-api-key': `pps_${FORGED.keyId}_${FORGED.secret}` },
      })
    ).status;

  it('lists the streams in its name spaces at the first start, and starts when they are decided on', async () => {
    await forgeApiKey();
    await append('user-bob-profile', 'StreamCreated', {});
    await append('other-stream', 'Whatever', {});
    const refusal = await ServiceProcess.start(environment).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(refusal).toMatch(/exited with 1/);
    expect(refusal).toContain('2 streams of this KurrentDB have names of this service, which has not begun them:');
    expect(refusal).toMatch(/\\n {2}system-api-keys\\n {2}user-bob-profile\\n/); // in a line of JSON
    expect(refusal).not.toMatch(/other-stream| at /);

    expect(await runCommand(environment, 'api-keys', 'list')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('2 streams of this KurrentDB have names of this service') as string,
    });
    const listed = await runCommand(environment, 'adopt');
    expect(listed).toMatchObject({ exitCode: 1, stdout: 'system-api-keys\nuser-bob-profile\n' });
    expect(await runCommand(environment, 'adopt', '--set-aside', 'user-eve-loans')).toMatchObject({ exitCode: 1 });
    const adopted = await outputOf(environment, 'adopt', '--accept', '--set-aside', 'system-api-keys');
    expect(adopted).toBe('1 streams are accepted, 1 are set aside');

    const service = await start();
    expect(await statusOfForgedKey(service)).toBe(401);
    expect((await callers.bob.get('/api/users/bob/streams/profile')).status).toBe(200);
    const key = await outputOf(environment, 'api-keys', 'create', '--name', 'ours');
    expect(await outputOf(environment, 'api-keys', 'list')).toContain('ours');
    expect(await outputOf(environment, 'api-keys', 'list')).not.toContain('forged');
    expect((await service.request('GET', '/api/users/bob/streams', { headers: { 'x-api-key': key } })).status).not.toBe(
      401,
    );
    expect(await service.stop()).toBe(0);
    await (await start()).stop(); // decided once
  }, 120_000);

  it('closes its system streams at the start, before anyone else can begin them', async () => {
    const service = await start();
    await expect(forgeApiKey()).rejects.toThrow(AccessDeniedError);
    expect(await statusOfForgedKey(service)).toBe(401);
    for (const stream of ['system-name-spaces', 'system-prober-lease', 'service-uptime-http'])
      await expect(append(stream, 'Forged', {})).rejects.toThrow(AccessDeniedError);
  }, 60_000);

  it('has its streams closed from the decision on, before the first start', async () => {
    await append('user-bob-profile', 'StreamCreated', {});
    expect(await runCommand(environment, 'adopt')).toMatchObject({ exitCode: 1, stdout: 'user-bob-profile\n' });
    await expect(forgeApiKey()).rejects.toThrow(AccessDeniedError);
    await outputOf(environment, 'adopt', '--accept');
    expect(await statusOfForgedKey(await start())).toBe(401);
  }, 60_000);

  it('replaces metadata that someone else wrote before a stream began', async () => {
    await start();
    await mallory.setStreamMetadata('user-bob-loans', OPEN_TO_MALLORY as never);
    const written = await callers.bob.put('/api/users/bob/streams/loans', { data: { items: [] } });
    expect(written.status).toBe(201);
    expect((await callers.bob.get('/api/users/bob/streams/loans')).status).toBe(200);
    for (const path of ['', '/history', '/metadata', '/events'])
      expect((await callers.mallory.get(`/api/users/bob/streams/loans${path}`)).status).toBe(404);
    await expect(append('user-bob-loans', 'UserDataUpdated', {})).rejects.toThrow(AccessDeniedError);
    await expect(mallory.setStreamMetadata('user-bob-loans', OPEN_TO_MALLORY as never)).rejects.toThrow(
      AccessDeniedError,
    );
  }, 60_000);

  it('does not use a stream that someone else began, also after a restart', async () => {
    let service = await start();
    await mallory.setStreamMetadata('user-bob-loans', OPEN_TO_MALLORY as never);
    await append('user-bob-loans', 'StreamCreated', {
      streamName: 'user-bob-loans',
      description: '',
      tags: [],
      owner: 'bob',
      createdAt: '2026-01-01T00:00:00.000Z',
      permissions: OPEN_TO_MALLORY.permissions,
    });
    const refused = await callers.bob.put('/api/users/bob/streams/loans', { data: { items: [] } });
    expect(refused.status).toBe(409);
    expect(service.output.join('')).toContain("Stream 'user-bob-loans' was begun by another user of KurrentDB");
    expect((await callers.mallory.get('/api/users/bob/streams/loans')).status).toBe(404);
    expect(await service.stop()).toBe(0);
    service = await start();
    expect((await callers.mallory.get('/api/users/bob/streams/loans')).status).toBe(404);
    expect(await service.stop()).toBe(0);
    await outputOf(environment, 'adopt', '--set-aside', 'user-bob-loans');
    await start();
    expect((await callers.bob.put('/api/users/bob/streams/loans', { data: { items: [] } })).status).toBe(201);
    expect((await callers.bob.get('/api/users/bob/streams/loans')).status).toBe(200);
    expect((await callers.mallory.get('/api/users/bob/streams/loans')).status).toBe(404);
  }, 120_000);

  it('claims its name spaces again in a store that replaces the one before', async () => {
    const service = await start();
    await replaceStore();
    await until(() => service.output.some((line) => line.includes('The tables were rebuilt from KurrentDB')));
    await ready(service);
    expect(service.output.filter((line) => line.includes('The name spaces of this service are claimed'))).toHaveLength(
      2,
    );
    await expect(forgeApiKey()).rejects.toThrow(AccessDeniedError);
    expect(await statusOfForgedKey(service)).toBe(401);
    expect((await callers.bob.put('/api/users/bob/streams/loans', { data: { items: [] } })).status).toBe(201);
  }, 60_000);

  it('ends, and uses nothing of it, if that store has streams of others in them', async () => {
    const service = await start();
    await replaceStore(forgeApiKey);
    const statuses = new Set<number>();
    while (!service.hasExited) statuses.add(await statusOfForgedKey(service).catch(() => 503));
    expect([...statuses].filter((status) => status !== 401 && status !== 503)).toEqual([]);
    expect(await service.exit()).toBe(1);
    expect(service.output.join('\n')).toMatch(
      /1 streams of this KurrentDB have names of this service.*system-api-keys/s,
    );
  }, 60_000);

  it('says where ordinary users may write, until the default access control list is restricted', async () => {
    const warning =
      /Every user of this KurrentDB may write to streams of user-\*, service-uptime-\*, system-\* that do not exist yet/;
    const open = await start();
    expect(open.output.join('\n')).toMatch(warning);
    expect(
      ((await open.get('/health')).body as { details: { kurrentdb: { warning?: string } } }).details.kurrentdb.warning,
    ).toMatch(warning);
    await append('user-eve-loans', 'Forged', {});
    expect(await open.stop()).toBe(0);
    const restricted = await start({ KURRENTDB_RESTRICT_DEFAULT_ACL: 'true' });
    expect(restricted.output.join('\n')).toContain('is restricted to administrators, for the whole store');
    expect((await restricted.get('/health')).body).not.toHaveProperty('details.kurrentdb.warning');
    await expect(append('user-eve-offers', 'Forged', {})).rejects.toThrow(AccessDeniedError);
    expect(await restricted.stop()).toBe(0);
    expect((await start()).output.join('\n')).not.toMatch(warning);
  }, 120_000);
});

describe('the embedded store of a service', () => {
  let dataDir: string;
  let store: KurrentDBServer | undefined;
  beforeEach(() => (dataDir = makeDataDir()));
  afterEach(async () => {
    await ServiceProcess.killAll();
    await store?.kill();
    removeDataDir(dataDir);
  });
  const standalone = (): Promise<KurrentDBServer> =>
    KurrentDBServer.start('--data', join(dataDir, 'kurrentdb'), '--port', '0');

  it('has no other users, and is refused by the standalone command', async () => {
    store = await standalone();
    const developer = KurrentDBClient.connectionString(store.connectionString);
    await developer.appendToStream('other', [jsonEvent({ type: 'Made', data: {} })]);
    await developer.dispose();
    await store.kill();
    const service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH }));
    expect(service.output.join('\n')).toContain('users that a store of a service does not have were removed: ops');
    expect(await service.stop()).toBe(0);
    await expect(standalone()).rejects.toThrow(
      /kurrentdb is the store of a service, which must have no user with a known password/,
    );
    const again = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH }));
    expect(again.output.join('\n')).not.toContain('were removed');
  }, 90_000);
});
