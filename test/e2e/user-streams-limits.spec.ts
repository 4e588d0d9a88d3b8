import { eventually } from '../support/eventually.js';
import { ApiCaller, errorOf, header, type Reply } from '../support/api-caller.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const MEGABYTE = 1_048_576;
const QUOTA_BYTES = 20_000;
const EVENT_OVERHEAD_BYTES = 1_024;
const STREAMS = '/api/users/alice/streams';

let dataDir: string;
let service: ServiceProcess;
let alice: ApiCaller;

async function start(environment: Readonly<Record<string, string>>): Promise<void> {
  dataDir = makeDataDir();
  service = await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH, ...environment });
  alice = await ApiCaller.of(() => service.url, 'alice');
  expect(
    (
      await eventually(
        () => service.get('/readyz'),
        ({ status }) => status === 200,
      )
    ).status,
  ).toBe(200);
}

async function stop(): Promise<void> {
  await ServiceProcess.killAll();
  removeDataDir(dataDir);
}

const callerNamed = (user: string, ...roles: string[]): Promise<ApiCaller> =>
  ApiCaller.of(() => service.url, user, ...roles);
const streamsListed = async (): Promise<number> =>
  ((await alice.get(STREAMS)).body as { streams: unknown[] }).streams.length;

/** Data with this exact size as JSON, in bytes. */
const dataOf = (bytes: number): { readonly details: { readonly text: string } } => ({
  details: { text: 'x'.repeat(bytes - JSON.stringify({ details: { text: '' } }).length) },
});

describe('the quota of a user', () => {
  beforeAll(() => start({ USER_QUOTA_STREAMS: '3', USER_QUOTA_BYTES: String(QUOTA_BYTES) }), 60_000);
  afterAll(stop);

  const left = (reply: Reply): readonly (readonly [string, string])[] =>
    ['Streams', 'Bytes'].map(
      (quota) => [header(reply, `X-Quota-${quota}-Limit`), header(reply, `X-Quota-${quota}-Remaining`)] as const,
    );

  const remaining = (reply: Reply): number => Number(header(reply, 'X-Quota-Bytes-Remaining'));

  it('is reported with its remainder, and counts what is stored; a write beyond it gets 403 and is not stored', async () => {
    expect(left(await alice.get(STREAMS))).toEqual([
      ['3', '3'],
      [String(QUOTA_BYTES), String(QUOTA_BYTES)],
    ]);
    const first = await alice.put(`${STREAMS}/activity/one`, { data: dataOf(900) });
    expect(left(first)[0]).toEqual(['3', '2']);
    // The creation, the data, and the metadata of the stream.
    expect(QUOTA_BYTES - remaining(first)).toBeGreaterThan(900 + 3 * EVENT_OVERHEAD_BYTES);
    expect(QUOTA_BYTES - remaining(first)).toBeLessThan(900 + 4 * EVENT_OVERHEAD_BYTES);
    const second = await alice.put(`${STREAMS}/activity/one`, { data: dataOf(900) });
    expect(remaining(first) - remaining(second)).toBe(900 + EVENT_OVERHEAD_BYTES);
    expect(left(await alice.get(STREAMS))).toEqual(left(second));
    const changed = await alice.patch(`${STREAMS}/activity/one/metadata`, { description: 'x'.repeat(300) });
    expect(changed.status).toBe(200);
    const used = QUOTA_BYTES - remaining(await alice.get(STREAMS));
    expect(used).toBeGreaterThan(QUOTA_BYTES - remaining(second) + 300 + EVENT_OVERHEAD_BYTES);
    const listed = (await alice.get(STREAMS)).body as { readonly streams: readonly { readonly bytes: number }[] };
    expect(listed.streams.map(({ bytes }) => bytes)).toEqual([used]);

    const fitting = QUOTA_BYTES - used - EVENT_OVERHEAD_BYTES;
    const tooMuch = await alice.put(`${STREAMS}/activity/one`, { data: dataOf(fitting + 1) });
    expect(tooMuch).toMatchObject({
      status: 403,
      body: {
        error: 'QuotaExceededError',
        type: 'quota-exceeded',
        details: { quota: 'bytes', limit: QUOTA_BYTES, used, requested: QUOTA_BYTES - used + 1 },
      },
    });
    const halves = [{ data: dataOf(fitting / 2) }, { data: dataOf(fitting / 2 + 1) }];
    expect((await alice.post(`${STREAMS}/activity/one/events`, { events: halves })).status).toBe(403);
    expect((await alice.get(`${STREAMS}/activity/one`)).body).toMatchObject({ revision: 2 });
    expect((await alice.put(`${STREAMS}/activity/one`, { data: dataOf(fitting) })).status).toBe(200);
    expect(remaining(await alice.get(STREAMS))).toBe(0);
    expect(errorOf(await alice.patch(`${STREAMS}/activity/one/metadata`, { description: 'more' })).type).toBe(
      'quota-exceeded',
    );
    expect((await alice.delete(`${STREAMS}/activity/one`)).status).toBe(200);
  });

  it('of streams is not exceeded either', async () => {
    const carol = await callerNamed('carol');
    const streams = '/api/users/carol/streams';
    for (const type of ['offers', 'loans', 'activity']) expect((await carol.post(streams, { type })).status).toBe(201);
    expect(await carol.post(streams, { type: 'profile' })).toMatchObject({
      status: 403,
      body: { type: 'quota-exceeded', details: { quota: 'streams', limit: 3, used: 3, requested: 1 } },
    });
    expect(((await carol.get(streams)).body as { streams: unknown[] }).streams).toHaveLength(3);
    expect(errorOf(await carol.post(`${streams}/batch`, { writes: [{ type: 'profile', data: {} }] })).type).toBe(
      'quota-exceeded',
    );
    expect((await carol.delete(`${streams}/loans`)).status).toBe(200);
  });

  it('is not exceeded by concurrent writes', async () => {
    const bob = await callerNamed('bob');
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => bob.put(`/api/users/bob/streams/activity/s${index}`, { data: {} })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([
      ...Array.from({ length: 3 }, () => 201),
      ...Array.from({ length: 17 }, () => 403),
    ]);
    const carol = await callerNamed('carol');
    const room = remaining(await carol.put('/api/users/carol/streams/activity', { data: dataOf(500) }));
    const fitting = Math.floor(room / (400 + EVENT_OVERHEAD_BYTES));
    expect(fitting).toBeGreaterThan(1);
    const appended = await Promise.all(
      Array.from({ length: fitting + 7 }, () => carol.put('/api/users/carol/streams/activity', { data: dataOf(400) })),
    );
    expect(appended.map(({ status }) => status).sort()).toEqual([
      ...Array.from({ length: fitting }, () => 200),
      ...Array.from({ length: 7 }, () => 403),
    ]);
  });

  it('counts for the user of the stream, whoever writes, and is shown only to callers who may write', async () => {
    const admin = await callerNamed('an-admin', 'admin');
    expect(errorOf(await admin.put('/api/users/bob/streams/profile', { data: {} })).type).toBe('quota-exceeded');
    for (const caller of [await callerNamed('carol'), new ApiCaller(() => service.url)])
      expect(left(await caller.get(STREAMS))).toEqual([
        ['', ''],
        ['', ''],
      ]);
  });
});

describe('the rate limit', () => {
  beforeAll(() => start({ RATE_LIMIT_PER_USER: '5', RATE_LIMIT: '20', RATE_LIMIT_WINDOW_MS: '60000' }), 60_000);
  afterAll(stop);

  it('counts by user, reports the remaining requests, and returns 429 with Retry-After without executing', async () => {
    const replies = [];
    for (let count = 0; count < 7; count++)
      replies.push(await alice.put(`${STREAMS}/profile`, { data: { bio: String(count) } }));
    expect(replies.map(({ status }) => status)).toEqual([201, 200, 200, 200, 200, 429, 429]);
    expect(
      replies.slice(0, 5).map((reply) => [header(reply, 'X-RateLimit-Limit'), header(reply, 'X-RateLimit-Remaining')]),
    ).toEqual(['4', '3', '2', '1', '0'].map((rest) => ['5', rest]));
    const rejected = replies.at(-1);
    expect(rejected).toMatchObject({
      status: 429,
      body: { error: 'RateLimitedError', type: 'rate-limited', message: expect.stringContaining("'alice'") as string },
    });
    expect(Number(rejected?.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(rejected?.headers['retry-after'])).toBeLessThanOrEqual(60);
    const bob = await callerNamed('bob', 'admin');
    expect((await bob.get(`${STREAMS}/profile`)).body).toMatchObject({ revision: 5, data: { bio: '4' } });
  });

  it('counts callers with an invalid token by address, like those without one', async () => {
    const stranger = new ApiCaller(() => service.url, { authorization: 'Bearer nonsense' });
    const statuses = [];
    for (let count = 0; count < 25; count++) statuses.push((await stranger.get(STREAMS)).status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect((await new ApiCaller(() => service.url).get(STREAMS)).status).toBe(429);
    // Users at the same address are not limited.
    expect((await (await callerNamed('carol')).get(STREAMS)).status).toBe(200);
  });
});

describe('the size of events', () => {
  beforeAll(() => start({ HTTP_MAX_BODY_BYTES: String(8 * MEGABYTE) }), 60_000);
  afterAll(stop);

  it('over 1 MB is rejected with 413, and nothing is stored', async () => {
    for (const attempt of [
      await alice.put(`${STREAMS}/activity/large`, { data: dataOf(MEGABYTE + 1) }),
      await alice.post(STREAMS, { type: 'activity', category: 'large', data: dataOf(2 * MEGABYTE) }),
      await alice.post(`${STREAMS}/activity/large/events`, { events: [{ data: {} }, { data: dataOf(MEGABYTE) }] }),
      await alice.post(`${STREAMS}/batch`, {
        writes: [
          { type: 'activity', category: 'small', data: {} },
          { type: 'activity', category: 'large', data: dataOf(MEGABYTE) },
        ],
      }),
      await alice.put(`${STREAMS}/activity/large`, { data: dataOf(9 * MEGABYTE) }),
    ])
      expect(attempt).toMatchObject({ status: 413, body: { error: 'EventTooLargeError', type: 'event-too-large' } });
    expect(await streamsListed()).toBe(0);
    for (const category of ['large', 'small'])
      expect((await alice.get(`${STREAMS}/activity/${category}`)).status).toBe(404);
  });

  it('over 1 MB after a merge is rejected too, and the stream does not change', async () => {
    const half = 'x'.repeat(MEGABYTE / 2);
    expect((await alice.put(`${STREAMS}/activity/merged`, { data: { details: { one: half } } })).status).toBe(201);
    expect(await alice.patch(`${STREAMS}/activity/merged`, { data: { details: { other: half } } })).toMatchObject({
      status: 413,
      body: { type: 'event-too-large' },
    });
    expect((await alice.get(`${STREAMS}/activity/merged`)).body).toMatchObject({
      revision: 1,
      data: { details: { one: half } },
    });
  });

  it('over 100 KB is accepted with a warning, below without', async () => {
    const small = await alice.put(`${STREAMS}/activity/warned`, { data: dataOf(100_000) });
    expect([small.status, header(small, 'X-Event-Size-Warning')]).toEqual([201, '']);
    const large = await alice.put(`${STREAMS}/activity/warned`, { data: dataOf(110_000) });
    expect([large.status, header(large, 'X-Event-Size-Warning')]).toEqual([
      200,
      expect.stringContaining('110000 bytes'),
    ]);
    expect((await alice.get(`${STREAMS}/activity/warned`)).body).toMatchObject({ revision: 2, data: dataOf(110_000) });
  });
});

describe('data that violate the JSON Schema of their type', () => {
  beforeAll(() => start({}), 60_000);
  afterAll(stop);

  it.each([
    ['profile', { email: 'nonsense' }, 'data.email'],
    ['profile', { displayName: 7 }, 'data.displayName'],
    ['preferences', { notifications: { email: 'yes' } }, 'data.notifications.email'],
    ['activity', { at: 'yesterday' }, 'data.at'],
    ['loans', { items: [{ name: 'Bike' }, { quantity: -1 }] }, 'data.items.1.quantity'],
    ['offers', { price: 'much' }, 'data.price'],
  ])('%s %j is rejected with the path of the issue, and nothing is stored', async (type, data, path) => {
    for (const rejected of [
      await alice.put(`${STREAMS}/${type}`, { data }),
      await alice.post(STREAMS, { type, data }),
    ]) {
      expect(rejected).toMatchObject({
        status: 400,
        body: {
          error: 'ValidationError',
          type: 'validation-error',
          details: { schema: `${type}@1`, mistakes: [{ path, problem: expect.any(String) as string }] },
        },
      });
      expect(errorOf(rejected).message).toContain(path);
    }
    expect(await streamsListed()).toBe(0);
  });

  it('are rejected as the result of a merge patch too', async () => {
    await alice.put(`${STREAMS}/loans/bike`, { data: { items: [{ name: 'Bike' }] } });
    expect(await alice.patch(`${STREAMS}/loans/bike`, { data: { items: { name: 'Bike' } } })).toMatchObject({
      status: 400,
      body: { details: { mistakes: [{ path: 'data.items' }] } },
    });
    expect((await alice.get(`${STREAMS}/loans/bike`)).body).toMatchObject({ revision: 1 });
  });

  it('have schemas that everyone can read', async () => {
    const { schemas } = (await service.get('/api/user-data-schemas')).body as {
      schemas: { name: string; inUse: boolean }[];
    };
    expect(schemas).toMatchObject(
      ['profile', 'preferences', 'activity', 'loans', 'offers'].map((type) => ({
        name: `${type}@1`,
        inUse: true,
        source: 'builtin',
        schema: { type: 'object' },
      })),
    );
  });
});
