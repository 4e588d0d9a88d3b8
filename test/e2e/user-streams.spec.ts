import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { eventually, sleep } from '../support/eventually.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { ApiCaller, errorOf, header } from '../support/api-caller.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

interface Event {
  readonly revision: number;
  readonly type: string;
  readonly timestamp: string;
  readonly data: { readonly data?: Readonly<Record<string, unknown>> };
}
interface Page {
  readonly events: readonly Event[];
  readonly nextFrom: number | null;
}
interface Listed {
  readonly streams: readonly { readonly streamName: string }[];
  readonly nextAfter: string | null;
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('the lifecycle of a stream over HTTP', () => {
  let dataDir: string;
  let store: KurrentDBServer;
  let raw: KurrentDBClient;
  let service: ServiceProcess;
  let users = 0;

  beforeAll(async () => {
    dataDir = makeDataDir();
    store = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
    raw = KurrentDBClient.connectionString(store.connectionString);
    service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      ...AUTH,
      KURRENTDB_CONNECTION_STRING: store.connectionString,
    });
    expect(
      (
        await eventually(
          () => service.get('/readyz'),
          ({ status }) => status === 200,
        )
      ).status,
    ).toBe(200);
  }, 60_000);

  afterAll(async () => {
    await raw.dispose();
    await ServiceProcess.killAll();
    await store.kill();
    removeDataDir(dataDir);
  });

  /** A new user. */
  async function newUser(): Promise<{ readonly id: string; readonly alice: ApiCaller; readonly streams: string }> {
    const id = `alice-${users++}`;
    return { id, alice: await ApiCaller.of(() => service.url, id), streams: `/api/users/${id}/streams` };
  }

  const historyOf = async (alice: ApiCaller, stream: string): Promise<readonly Event[]> =>
    ((await alice.get(`${stream}/history?limit=1000`)).body as Page).events;

  describe('creating', () => {
    it('with all members returns 201 with Location, revision and event, and stores all members', async () => {
      const { id, alice, streams } = await newUser();
      const data = { displayName: 'Alice', email: 'alice@example.com' };
      const created = await alice.post(streams, {
        type: 'profile',
        category: 'work',
        visibility: 'public',
        description: 'What colleagues see',
        tags: ['work', 'team/a'],
        data,
      });
      expect(created).toMatchObject({
        status: 201,
        body: {
          streamName: `user-${id}-profile-work`,
          revision: 1,
          eventId: expect.stringMatching(/^evt_\d+_\w+$/) as string,
          timestamp: expect.stringMatching(ISO) as string,
        },
      });
      expect(header(created, 'etag')).toBe('"1"');
      const location = header(created, 'location');
      expect(location).toBe(`${streams}/profile/work`);
      const { eventId, timestamp } = created.body as { eventId: string; timestamp: string };
      expect((await alice.get(location)).body).toEqual({
        streamName: `user-${id}-profile-work`,
        userId: id,
        type: 'profile',
        category: 'work',
        revision: 1,
        data,
        schema: 'profile@1',
        eventId,
        timestamp,
      });
      expect((await alice.get(`${location}/metadata`)).body).toEqual({
        streamName: `user-${id}-profile-work`,
        type: 'profile',
        category: 'work',
        visibility: 'public',
        description: 'What colleagues see',
        tags: ['work', 'team/a'],
        owner: id,
        revision: 1,
        events: 2,
        bytes: JSON.stringify(data).length,
        createdAt: timestamp,
        updatedAt: timestamp,
        metadataRevision: 0,
        permissions: { read: ['*', id], write: [id], admin: [id] },
      });
      const [first, written] = await historyOf(alice, location);
      expect(first).toMatchObject({
        type: 'StreamCreated',
        data: { description: 'What colleagues see', tags: ['work', 'team/a'], owner: id },
      });
      expect(written).toMatchObject({
        type: 'UserDataUpdated',
        eventId,
        data: { userId: id, type: 'profile', category: 'work', data, isPublic: true, timestamp, eventId },
      });
    });

    it('with only a type makes a private stream of the category default, without data', async () => {
      const { id, alice, streams } = await newUser();
      expect(await alice.post(streams, { type: 'loans' })).toMatchObject({
        status: 201,
        headers: { etag: '"0"', location: `${streams}/loans/default` },
      });
      for (const path of [`${streams}/loans`, `${streams}/loans/default`])
        expect((await alice.get(path)).body).toEqual({
          streamName: `user-${id}-loans`,
          userId: id,
          type: 'loans',
          category: 'default',
          revision: 0,
          data: null,
        });
      expect((await alice.get(`${streams}/loans/default/metadata`)).body).toMatchObject({
        visibility: 'private',
        tags: [],
        permissions: { read: [id], write: [id], admin: [id] },
      });
    });

    it('returns 409 for a stream that exists', async () => {
      const { alice, streams } = await newUser();
      await alice.post(streams, { type: 'offers', data: { title: 'Bike' } });
      expect(await alice.post(streams, { type: 'offers' })).toMatchObject({
        status: 409,
        body: { error: 'StreamAlreadyExistsError', type: 'stream-already-exists' },
      });
      expect(await alice.put(`${streams}/offers`, { data: {} }, { 'if-none-match': '*' })).toMatchObject({
        status: 409,
        body: { type: 'stream-already-exists' },
      });
      expect((await alice.get(`${streams}/offers`)).body).toMatchObject({ revision: 1, data: { title: 'Bike' } });
    });
  });

  describe('replacing the data', () => {
    it('returns 201 for the write that creates the stream and 200 afterwards, with and without category', async () => {
      const { alice, streams } = await newUser();
      expect(
        await alice.put(`${streams}/profile`, { data: { displayName: 'A' } }, { 'if-none-match': '*' }),
      ).toMatchObject({ status: 201, headers: { etag: '"1"' } });
      expect(await alice.put(`${streams}/profile/default`, { data: { displayName: 'B' } })).toMatchObject({
        status: 200,
        headers: { etag: '"2"' },
        body: { revision: 2 },
      });
      expect((await alice.get(`${streams}/profile`)).body).toMatchObject({ revision: 2, data: { displayName: 'B' } });
    });

    it.each(['"1"', 'W/"1"', '*'])('succeeds with If-Match %s for a stream at revision 1', async (match) => {
      const { alice, streams } = await newUser();
      await alice.put(`${streams}/profile`, { data: {} });
      expect(await alice.put(`${streams}/profile`, { data: { bio: 'x' } }, { 'if-match': match })).toMatchObject({
        status: 200,
        headers: { etag: '"2"' },
      });
    });

    it('returns 409 with the current revision if If-Match names another one, and writes nothing', async () => {
      const { alice, streams } = await newUser();
      await alice.put(`${streams}/profile`, { data: { displayName: 'A' } });
      for (const [method, expected] of [
        ['PUT', '0'],
        ['PATCH', '0'],
        ['DELETE', '0'],
        ['PUT', '7'],
      ] as const) {
        const rejected = await alice.request(
          method,
          `${streams}/profile`,
          method === 'DELETE' ? undefined : { data: { displayName: 'B' } },
          { 'if-match': `"${expected}"` },
        );
        expect(rejected).toMatchObject({
          status: 409,
          body: {
            error: 'WrongExpectedRevisionError',
            type: 'wrong-expected-revision',
            details: { expectedRevision: expected, currentRevision: '1' },
          },
        });
      }
      expect(await alice.put(`${streams}/loans`, { data: {} }, { 'if-match': '*' })).toMatchObject({
        status: 409,
        body: { details: { currentRevision: 'no_stream' } },
      });
      expect((await alice.get(`${streams}/loans`)).status).toBe(404);
      expect((await alice.get(`${streams}/profile`)).body).toMatchObject({ revision: 1, data: { displayName: 'A' } });
    });
  });

  it('returns 304 without a body for its current revision until it changes', async () => {
    const { alice, streams } = await newUser();
    const etag = header(await alice.put(`${streams}/profile`, { data: { displayName: 'A' } }), 'etag');
    for (const ifNoneMatch of [etag, `W/${etag}`, `"7", ${etag}`])
      expect(await alice.get(`${streams}/profile`, { 'if-none-match': ifNoneMatch })).toMatchObject({
        status: 304,
        text: '',
        headers: { etag },
      });
    await alice.put(`${streams}/profile`, { data: { displayName: 'B' } });
    expect(await alice.get(`${streams}/profile`, { 'if-none-match': etag })).toMatchObject({
      status: 200,
      headers: { etag: '"2"' },
      body: { data: { displayName: 'B' } },
    });
  });

  it.each(['application/json', 'application/merge-patch+json'])(
    'applies a merge patch sent as %s: members are replaced, merged, and removed by null',
    async (type) => {
      const { alice, streams } = await newUser();
      const stream = `${streams}/activity/trip`;
      await alice.put(stream, {
        data: {
          action: 'a',
          summary: 's',
          details: { kept: 1, changed: { from: 1, to: 2 }, list: [1, 2, 3], removed: true },
        },
      });
      const patch = {
        summary: null,
        details: { changed: { to: 3 }, list: [4], removed: null, added: { deep: { er: null } } },
      };
      expect(await alice.patch(stream, { data: patch }, { 'content-type': type })).toMatchObject({
        status: 200,
        headers: { etag: '"2"' },
      });
      expect((await alice.get(stream)).body).toMatchObject({
        revision: 2,
        data: { action: 'a', details: { kept: 1, changed: { from: 1, to: 3 }, list: [4], added: { deep: {} } } },
      });
      const [, before, after] = await historyOf(alice, stream);
      expect(before?.data.data).toMatchObject({ summary: 's' });
      expect(after?.data.data).toEqual((await alice.get(stream).then(({ body }) => body as { data: unknown })).data);
      expect((await alice.patch(`${streams}/activity/none`, { data: {} })).status).toBe(404);
    },
  );

  describe('writing several at once', () => {
    it('appends several events of one stream, in their order, in one write', async () => {
      const { alice, streams } = await newUser();
      const events = [1, 2, 3].map((count) => ({ data: { details: { count } } }));
      expect(await alice.post(`${streams}/activity/log/events`, { events })).toMatchObject({
        status: 201,
        headers: { etag: '"3"' },
        body: { revision: 3 },
      });
      expect(await alice.post(`${streams}/activity/log/events`, { events }, { 'if-match': '"3"' })).toMatchObject({
        status: 200,
        headers: { etag: '"6"' },
      });
      expect((await historyOf(alice, `${streams}/activity/log`)).slice(1).map(({ data }) => data.data)).toEqual(
        [...events, ...events].map(({ data }) => data),
      );
      expect((await alice.get(`${streams}/activity/log`)).body).toMatchObject({
        revision: 6,
        data: { details: { count: 3 } },
      });
    });

    it('writes none of the events if one is invalid, and names it', async () => {
      const { alice, streams } = await newUser();
      const rejected = await alice.post(`${streams}/profile/default/events`, {
        events: [{ data: { displayName: 'A' } }, { data: { email: 'nonsense' } }],
      });
      expect(rejected).toMatchObject({
        status: 400,
        body: {
          type: 'validation-error',
          details: { schema: 'profile@1', mistakes: [{ path: 'events.1.data.email' }] },
        },
      });
      expect((await alice.get(`${streams}/profile`)).status).toBe(404);
    });

    it('writes to several streams, also to new ones, and responds in the order of the request', async () => {
      const { id, alice, streams } = await newUser();
      await alice.put(`${streams}/profile`, { data: { displayName: 'A' } });
      const writes = [
        { type: 'offers', category: 'bikes', data: { title: 'Bike' } },
        { type: 'profile', data: { displayName: 'B' }, expectedRevision: '1' },
      ];
      expect(await alice.post(`${streams}/batch`, { writes })).toMatchObject({
        status: 200,
        body: {
          results: [
            { streamName: `user-${id}-offers-bikes`, revision: 1 },
            { streamName: `user-${id}-profile`, revision: 2 },
          ],
        },
      });
      expect((await alice.get(`${streams}/offers/bikes`)).body).toMatchObject({ data: { title: 'Bike' } });
      expect((await alice.get(`${streams}/profile`)).body).toMatchObject({ data: { displayName: 'B' } });
    });

    it.each([
      ['is at another revision', { type: 'profile', data: {}, expectedRevision: '0' }, 409, 'wrong-expected-revision'],
      ['is deleted', { type: 'loans', data: {} }, 410, 'stream-deleted'],
      ['would get invalid data', { type: 'profile', data: { email: 'nonsense' } }, 400, 'validation-error'],
      ['is written to twice', { type: 'offers', data: {} }, 400, 'validation-error'],
    ])('writes to none of them if one %s', async (_, bad, status, type) => {
      const { alice, streams } = await newUser();
      await alice.put(`${streams}/profile`, { data: { displayName: 'A' } });
      await alice.put(`${streams}/loans`, { data: {} });
      await alice.delete(`${streams}/loans`);
      expect(
        await alice.post(`${streams}/batch`, {
          writes: [{ type: 'offers', data: { title: 'Bike' } }, { type: 'activity', data: { action: 'x' } }, bad],
        }),
      ).toMatchObject({ status, body: { type } });
      expect(((await alice.get(streams)).body as Listed).streams).toMatchObject([
        { streamName: expect.stringMatching(/-profile$/) as string, revision: 1 },
      ]);
    });
  });

  it('returns its state at a revision and at a time', async () => {
    const { alice, streams } = await newUser();
    const stream = `${streams}/profile/default`;
    for (const displayName of ['one', 'two', 'three']) {
      await alice.put(stream, { data: { displayName } });
      await sleep(15);
    }
    for (const [revision, data] of [
      [0, null],
      [1, { displayName: 'one' }],
      [2, { displayName: 'two' }],
      [3, { displayName: 'three' }],
    ] as const)
      expect(await alice.get(`${stream}?revision=${revision}`)).toMatchObject({
        status: 200,
        headers: { etag: `"${revision}"` },
        body: { revision, data },
      });
    expect(errorOf(await alice.get(`${stream}?revision=4`))).toMatchObject({
      type: 'validation-error',
      details: { currentRevision: '3' },
    });
    const [created, , second, third] = await historyOf(alice, stream);
    const before = (event: Event | undefined): string =>
      encodeURIComponent(new Date(Date.parse(event?.timestamp ?? '') - 1).toISOString());
    expect((await alice.get(`${stream}?at=${encodeURIComponent(second?.timestamp ?? '')}`)).body).toMatchObject({
      revision: 2,
      data: { displayName: 'two' },
    });
    expect((await alice.get(`${stream}?at=${before(third)}`)).body).toMatchObject({ revision: 2 });
    expect((await alice.get(`${stream}?at=2999-01-01T00:00:00%2B02:00`)).body).toMatchObject({ revision: 3 });
    expect((await alice.get(`${stream}?at=${before(created)}`)).status).toBe(404);
    for (const odd of [
      '2026-W01',
      '2026-W01T00:00:00Z',
      '20261124T120000Z',
      '2026-11-24T12:00:00',
      '2026-11-24',
      '2026-02-30T00:00:00Z',
      'now',
    ]) {
      const rejected = await alice.get(`${stream}?at=${odd}`);
      expect({ odd, status: rejected.status, path: errorOf(rejected).details?.mistakes?.[0]?.path }).toEqual({
        odd,
        status: 400,
        path: 'at',
      });
    }
    expect((await alice.get(`${stream}?at=2999-01-01T00:00:00Z&revision=1`)).status).toBe(400);
  });

  it.each(['forwards', 'backwards'])('returns its history %s, page by page, each event once', async (direction) => {
    const { alice, streams } = await newUser();
    await alice.post(`${streams}/activity/log/events`, {
      events: Array.from({ length: 24 }, (_, count) => ({ data: { details: { count } } })),
    });
    const pages: (readonly number[])[] = [];
    for (let from = ''; ;) {
      const { events, nextFrom } = (
        await alice.get(`${streams}/activity/log/history?limit=10&direction=${direction}${from}`)
      ).body as Page;
      pages.push(events.map(({ revision }) => revision));
      if (nextFrom === null) break;
      from = `&from=${nextFrom}`;
    }
    const all = Array.from({ length: 25 }, (_, revision) => revision);
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(direction === 'forwards' ? all : all.reverse());
  });

  it('is listed by type, category, tag, visibility and status, page by page', async () => {
    const { id, alice, streams } = await newUser();
    const make = (type: string, category: string, more: object): Promise<unknown> =>
      alice.post(streams, { type, category, ...more });
    await make('profile', 'default', { visibility: 'public', tags: ['work'] });
    await make('profile', 'home', { tags: ['home'] });
    await make('offers', 'bikes', { visibility: 'public', tags: ['work', 'bikes'] });
    await make('offers', 'boats', {});
    await alice.delete(`${streams}/offers/boats`);
    const listed = async (query: string): Promise<string[]> =>
      ((await alice.get(`${streams}${query}`)).body as Listed).streams.map(({ streamName }) =>
        streamName.replace(`user-${id}-`, ''),
      );
    expect(await listed('')).toEqual(['offers-bikes', 'profile', 'profile-home']);
    expect(await listed('?type=profile')).toEqual(['profile', 'profile-home']);
    expect(await listed('?category=default')).toEqual(['profile']);
    expect(await listed('?tag=work')).toEqual(['offers-bikes', 'profile']);
    expect(await listed('?visibility=private')).toEqual(['profile-home']);
    expect(await listed('?visibility=public&type=offers')).toEqual(['offers-bikes']);
    expect(await listed('?status=deleted')).toEqual(['offers-boats']);
    const first = (await alice.get(`${streams}?limit=2`)).body as Listed;
    expect(first.nextAfter).toBe(`user-${id}-profile`);
    expect(await listed(`?limit=2&after=${first.nextAfter}`)).toEqual(['profile-home']);
    expect(((await alice.get(`${streams}?limit=2&after=${first.nextAfter}`)).body as Listed).nextAfter).toBeNull();
  });

  it("changes its metadata by their revision, and stores permissions as KurrentDB's access control list", async () => {
    const { id, alice, streams } = await newUser();
    await alice.put(`${streams}/profile`, { data: {} });
    const details = `${streams}/profile/default/metadata`;
    const changed = await alice.patch(
      details,
      { description: 'New', tags: ['a'], permissions: { read: [id, 'bob', 'key:reports'], write: [id, 'admin'] } },
      { 'if-match': header(await alice.get(details), 'etag') },
    );
    expect(changed).toMatchObject({
      status: 200,
      headers: { etag: '"1"' },
      body: {
        description: 'New',
        tags: ['a'],
        metadataRevision: 1,
        revision: 1,
        permissions: { read: [id, 'bob', 'key:reports'], write: [id, 'admin'], admin: [id] },
      },
    });
    expect(await alice.patch(details, { description: 'Late' }, { 'if-match': '"0"' })).toMatchObject({
      status: 409,
      body: { details: { expectedRevision: '0', currentRevision: '1' } },
    });
    const stored = async (): Promise<unknown> => {
      for await (const { event } of raw.readStream(`$$user-${id}-profile`, {
        direction: 'backwards',
        fromRevision: 'end',
        maxCount: 1,
      }))
        return event?.data;
      return undefined;
    };
    expect(await stored()).toMatchObject({
      $acl: {
        $r: [id, 'bob', 'key:reports'],
        $w: [id, '$admins'],
        $d: [id],
        $mr: [id, 'bob', 'key:reports'],
        $mw: [id],
      },
      permissions: { read: [id, 'bob', 'key:reports'], write: [id, 'admin'], admin: [id] },
      description: 'New',
      metadata: { owner: id, tags: ['a'] },
    });
    await alice.patch(details, { visibility: 'public' });
    expect(await stored()).toMatchObject({
      $acl: { $r: ['$all', id, 'bob', 'key:reports'] },
      permissions: { read: ['*', id, 'bob', 'key:reports'] },
      description: 'New',
    });
    for (const [body, path] of [
      [{ permissions: { admin: [] } }, 'permissions.admin'],
      [{ permissions: { admin: ['*'] } }, 'permissions.admin'],
      [{ permissions: { read: ['$all'] } }, 'permissions.read'],
      [{ tags: ['a', 'a'] }, 'tags'],
      [{ colour: 1 }, 'colour'],
    ] as const)
      expect(await alice.patch(details, body)).toMatchObject({
        status: 400,
        body: { details: { mistakes: [{ path }] } },
      });
  });

  it('is soft-deleted, reads as deleted, and is restored without a change', async () => {
    const { id, alice, streams } = await newUser();
    const stream = `${streams}/profile/default`;
    await alice.put(stream, { data: { displayName: 'A' } });
    expect(await alice.delete(stream, { 'if-match': '"1"' })).toMatchObject({
      status: 200,
      headers: { etag: '"2"' },
      body: { revision: 2 },
    });
    for (const path of [
      stream,
      `${stream}/history`,
      `${stream}/metadata`,
      `${stream}/feed`,
      `${stream}?revision=1`,
      `/api/streams/user-${id}-profile/events`,
    ])
      expect(await alice.get(path)).toMatchObject({
        status: 410,
        body: { error: 'StreamDeletedError', type: 'stream-deleted' },
      });
    expect((await alice.delete(stream)).status).toBe(410);
    expect(await alice.post(`${stream}/restore`)).toMatchObject({ status: 200, headers: { etag: '"3"' } });
    expect((await alice.get(stream)).body).toMatchObject({ revision: 3, data: { displayName: 'A' } });
    expect((await historyOf(alice, stream)).map(({ type }) => type)).toEqual([
      'StreamCreated',
      'UserDataUpdated',
      'StreamDeleted',
      'StreamRestored',
    ]);
    expect(await alice.post(`${stream}/restore`)).toMatchObject({
      status: 409,
      body: { type: 'stream-already-exists' },
    });
    expect((await alice.get(`${stream}?revision=2`)).status).toBe(410);
  });
});
