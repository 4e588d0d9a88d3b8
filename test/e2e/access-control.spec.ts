import { eventually } from '../support/eventually.js';
import { ApiCaller, type Reply } from '../support/api-caller.js';
import { LiveFeed } from '../support/live-feed.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH, tokenFor } from '../support/tokens.js';

const FIRST = { displayName: 'What Alice wrote first' };
const LAST = { displayName: 'What Alice wrote last' };
/** Headers that differ between any two responses. */
const CHANGING = ['date', 'x-ratelimit-remaining', 'x-ratelimit-reset'];

interface Page {
  readonly events: readonly { readonly type: string }[];
}

describe('access to user streams', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let bob: ApiCaller;
  let admin: ApiCaller;
  const anonymous = new ApiCaller(() => service.url);
  let users = 0;

  beforeAll(async () => {
    dataDir = makeDataDir();
    service = await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH });
    expect(
      (
        await eventually(
          () => service.get('/readyz'),
          ({ status }) => status === 200,
        )
      ).status,
    ).toBe(200);
    bob = await ApiCaller.of(() => service.url, 'bob');
    admin = await ApiCaller.of(() => service.url, 'an-admin', 'admin');
  });

  afterAll(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  /** A new user with a stream `profile`, by default with two writes. */
  async function newUser({ writes = [FIRST, LAST] } = {}): Promise<{
    readonly id: string;
    readonly alice: ApiCaller;
    readonly streams: string;
  }> {
    const id = `alice-${users++}`;
    const alice = await ApiCaller.of(() => service.url, id);
    const streams = `/api/users/${id}/streams`;
    for (const data of writes) expect((await alice.put(`${streams}/profile`, { data })).status).toBeLessThan(300);
    return { id, alice, streams };
  }

  const streamOf = (streams: string): string => `${streams}/profile/default`;
  /** Routes that read a stream, except the list and the feed, whose responses differ in kind. */
  const readRoutes = (id: string, streams: string): readonly string[] => [
    `${streams}/profile`,
    streamOf(streams),
    `${streamOf(streams)}?revision=1`,
    `${streamOf(streams)}?at=2999-01-01T00:00:00Z`,
    `${streamOf(streams)}/history`,
    `${streamOf(streams)}/history?direction=backwards&limit=1`,
    `${streamOf(streams)}/metadata`,
    `/api/streams/user-${id}-profile/events`,
  ];
  const feedOf = (streams: string): string => `${streamOf(streams)}/feed?from=0`;
  const listed = async (caller: ApiCaller, streams: string): Promise<number> =>
    ((await caller.get(streams)).body as { streams: unknown[] }).streams.length;
  const statuses = (caller: ApiCaller, id: string, streams: string): Promise<number[]> =>
    Promise.all(readRoutes(id, streams).map(async (route) => (await caller.get(route)).status));
  const all = (status: number): number[] => readRoutes('', '').map(() => status);

  describe('a stream that the caller may not read', () => {
    const fixed = { 'x-request-id': 'the-same', 'if-none-match': '"1"' };
    const visible = ({ status, headers, text }: Reply): unknown => ({
      status,
      text,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !CHANGING.includes(name))),
    });

    async function collectResponses(id: string, streams: string): Promise<unknown[]> {
      const routes = [
        ...readRoutes(id, streams),
        feedOf(streams),
        `${streams}`,
        `${streams}?type=profile&visibility=private`,
        `${streams}?status=deleted`,
      ];
      const reads = [bob, anonymous].flatMap((caller) =>
        ['GET', 'HEAD'].flatMap((method) => routes.map((route) => ({ caller, method, route }))),
      );
      const writes = [
        ...['PUT', 'PATCH', 'DELETE'].map((method) => ({ method, route: streamOf(streams) })),
        { method: 'PATCH', route: `${streamOf(streams)}/metadata` },
        { method: 'POST', route: `${streamOf(streams)}/restore` },
      ].flatMap((attempt) => [bob, anonymous].map((caller) => ({ caller, ...attempt })));
      const responses: unknown[] = [];
      for (const { caller, method, route } of reads)
        responses.push({ method, route, response: visible(await caller.request(method, route, undefined, fixed)) });
      for (const { caller, method, route } of writes)
        responses.push({
          method,
          route,
          response: visible(
            await caller.request(method, route, method === 'POST' || method === 'DELETE' ? undefined : { data: LAST }, {
              'x-request-id': 'the-same',
            }),
          ),
        });
      return responses;
    }

    it('sends the same bytes and headers before its creation, while it exists and after its deletion', async () => {
      const { id, alice, streams } = await newUser({ writes: [] });
      const missing = await collectResponses(id, streams);
      await alice.put(`${streams}/profile`, { data: FIRST });
      await alice.put(`${streams}/profile`, { data: LAST });
      expect(await statuses(alice, id, streams)).toEqual(all(200));
      expect(await collectResponses(id, streams)).toEqual(missing);
      expect((await alice.delete(`${streams}/profile`)).status).toBe(200);
      expect(await statuses(alice, id, streams)).toEqual(all(410));
      expect(await collectResponses(id, streams)).toEqual(missing);
      expect(JSON.stringify(missing)).toContain('does not exist');
    });
  });

  describe('when the permissions change', () => {
    it('grants and revokes every kind of read access, and ends an open feed', async () => {
      const { id, alice, streams } = await newUser();
      expect(await statuses(bob, id, streams)).toEqual(all(404));
      expect((await alice.patch(`${streamOf(streams)}/metadata`, { permissions: { read: [id, 'bob'] } })).status).toBe(
        200,
      );
      expect(await statuses(bob, id, streams)).toEqual(all(200));
      expect(await statuses(anonymous, id, streams)).toEqual(all(404));
      expect(await listed(bob, streams)).toBe(1);
      const feed = await LiveFeed.open(service.url, feedOf(streams), bob.headers);
      await eventually(
        () => Promise.resolve(feed.events.length),
        (count) => count === 3,
      );
      expect(feed.events.map(({ event }) => event)).toEqual(['StreamCreated', 'UserDataUpdated', 'UserDataUpdated']);

      expect((await alice.patch(`${streamOf(streams)}/metadata`, { permissions: { read: [id] } })).status).toBe(200);
      expect(await statuses(bob, id, streams)).toEqual(all(404));
      expect(await listed(bob, streams)).toBe(0);
      expect((await LiveFeed.open(service.url, feedOf(streams), bob.headers)).status).toBe(404);
      await alice.put(`${streams}/profile`, { data: { displayName: 'Not for Bob' } });
      await feed.ended;
      expect(feed.events).toHaveLength(3);
    });

    it('shows the whole history of a public stream to everyone until it is private again', async () => {
      const { id, alice, streams } = await newUser();
      await alice.patch(`${streamOf(streams)}/metadata`, { visibility: 'public' });
      expect(await statuses(anonymous, id, streams)).toEqual(all(200));
      expect((await anonymous.get(`${streamOf(streams)}?revision=1`)).body).toMatchObject({ data: FIRST });
      expect(((await anonymous.get(`${streamOf(streams)}/history`)).body as Page).events).toHaveLength(3);
      expect((await anonymous.get(`${streamOf(streams)}/metadata`)).body).not.toHaveProperty('permissions');
      const feed = await LiveFeed.open(service.url, feedOf(streams));
      await eventually(
        () => Promise.resolve(feed.events.length),
        (count) => count === 3,
      );
      await alice.patch(`${streamOf(streams)}/metadata`, { visibility: 'private' });
      await feed.ended;
      expect(await statuses(anonymous, id, streams)).toEqual(all(404));
    });

    it('never reveals permissions in events', async () => {
      const { id, alice, streams } = await newUser();
      await alice.patch(`${streamOf(streams)}/metadata`, { visibility: 'public' });
      for (const route of [`${streamOf(streams)}/history`, `/api/streams/user-${id}-profile/events`]) {
        const { text } = await anonymous.get(route);
        expect(text).toContain('StreamCreated');
        expect(text).not.toContain('permissions');
      }
    });

    it('grants only writes with the write right, and neither reads nor writes with the admin right', async () => {
      const { id, alice, streams } = await newUser();
      await alice.patch(`${streamOf(streams)}/metadata`, { permissions: { write: [id, 'bob'] } });
      expect((await bob.put(`${streams}/profile`, { data: LAST })).status).toBe(200);
      expect(await statuses(bob, id, streams)).toEqual(all(404));
      expect((await bob.delete(`${streams}/profile`)).status).toBe(403);
      await alice.patch(`${streamOf(streams)}/metadata`, { permissions: { write: [id], admin: [id, 'bob'] } });
      expect((await bob.put(`${streams}/profile`, { data: LAST })).status).toBe(403);
      expect(await statuses(bob, id, streams)).toEqual(all(404));
      expect((await bob.patch(`${streamOf(streams)}/metadata`, { permissions: { read: [id, 'bob'] } })).status).toBe(
        200,
      );
      expect(await statuses(bob, id, streams)).toEqual(all(200));
    });

    it('returns 412 with the current revision after another change', async () => {
      const { alice, streams } = await newUser();
      const etag = String((await alice.get(`${streamOf(streams)}/metadata`)).headers.etag);
      expect(etag).toBe('"0"');
      expect(
        (await alice.patch(`${streamOf(streams)}/metadata`, { tags: ['one'] }, { 'if-match': etag })).headers.etag,
      ).toBe('"1"');
      const late = await alice.patch(`${streamOf(streams)}/metadata`, { visibility: 'public' }, { 'if-match': etag });
      expect(late).toMatchObject({
        status: 412,
        body: { type: 'precondition-failed', details: { expectedRevision: 0, currentRevision: 1 } },
      });
      expect((await alice.get(`${streamOf(streams)}/metadata`)).body).toMatchObject({
        visibility: 'private',
        tags: ['user', 'profile', 'default', 'private', 'one'],
      });
    });
  });

  it('ends a feed when the token of its reader expires', async () => {
    const { id, streams } = await newUser();
    const token = await tokenFor({ user: id, expiresInSeconds: 3 });
    const feed = await LiveFeed.open(service.url, feedOf(streams), { authorization: `Bearer ${token}` });
    expect(feed.status).toBe(200);
    await eventually(
      () => Promise.resolve(feed.events.length),
      (count) => count === 3,
    );
    await feed.ended;
    expect(feed.events).toHaveLength(3);
  });

  describe('access that only a role allows', () => {
    const overrides = (requestId: string): Promise<unknown[]> =>
      eventually(
        () =>
          Promise.resolve(
            service.output
              .filter((line) => line.includes('Access by the role') && line.includes(`"${requestId}"`))
              .map((line) => JSON.parse(line) as unknown),
          ),
        (lines) => lines.length > 0,
        2_000,
      );
    const line = (id: string, right: string, requestId: string): unknown =>
      expect.objectContaining({
        msg: "Access by the role 'admin'",
        callerId: 'an-admin',
        role: 'admin',
        right,
        streamNames: [`user-${id}-profile`],
        req: expect.objectContaining({ id: requestId }) as unknown,
      });

    it('is logged with the request id on every read route', async () => {
      const { id, streams } = await newUser();
      for (const [index, route] of [...readRoutes(id, streams), streams].entries()) {
        const requestId = `override-read-${id}-${index}`;
        expect((await admin.get(route, { 'x-request-id': requestId })).status).toBe(200);
        expect({ route, lines: await overrides(requestId) }).toEqual({ route, lines: [line(id, 'read', requestId)] });
      }
      const feed = await LiveFeed.open(service.url, feedOf(streams), {
        ...admin.headers,
        'x-request-id': `override-feed-${id}`,
      });
      expect(await overrides(`override-feed-${id}`)).toEqual([line(id, 'read', `override-feed-${id}`)]);
      feed.kill();
    });

    it('is logged on every write and admin route', async () => {
      const { id, streams } = await newUser();
      const data = { data: LAST };
      const routes: readonly [right: string, method: string, path: string, body?: unknown][] = [
        ['write', 'PUT', `${streams}/profile`, data],
        ['write', 'PATCH', streamOf(streams), data],
        ['write', 'POST', `${streamOf(streams)}/events`, { events: [data] }],
        ['write', 'POST', `${streams}/batch`, { writes: [{ type: 'profile', ...data }] }],
        ['admin', 'PATCH', `${streamOf(streams)}/metadata`, { description: 'By an admin' }],
        ['admin', 'DELETE', streamOf(streams)],
        ['admin', 'POST', `${streamOf(streams)}/restore`],
      ];
      for (const [right, method, path, body] of routes) {
        const requestId = `override-${method}-${path.replaceAll('/', '.')}`;
        expect((await admin.request(method, path, body, { 'x-request-id': requestId })).status).toBe(200);
        expect({ method, path, lines: await overrides(requestId) }).toEqual({
          method,
          path,
          lines: [line(id, right, requestId)],
        });
      }
    });

    it('is not logged for callers whom the permissions name', async () => {
      const { id, alice, streams } = await newUser();
      for (const route of readRoutes(id, streams)) await alice.get(route, { 'x-request-id': `owner-${id}` });
      await admin.get(`${streams}/profile`, { 'x-request-id': `last-${id}` });
      expect(await overrides(`last-${id}`)).toHaveLength(1);
      expect(
        service.output.filter((text) => text.includes('Access by the role') && text.includes(`owner-${id}`)),
      ).toEqual([]);
    });
  });
});
