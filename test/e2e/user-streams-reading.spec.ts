import { sleep } from '../support/eventually.js';
import { errorOf } from '../support/api-caller.js';
import { type HistoryEvent, historyOf, type HistoryPage, useUserStreams } from '../support/user-streams-service.js';

interface Listed {
  readonly streams: readonly { readonly streamName: string }[];
  readonly nextAfter: string | null;
}

describe('the lifecycle of a stream over HTTP', () => {
  const { newUser } = useUserStreams();

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
      details: { currentRevision: 3 },
    });
    const [created, , second, third] = await historyOf(alice, stream);
    const before = (event: HistoryEvent | undefined): string =>
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
      ).body as HistoryPage;
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
    expect(await listed('?tag=private')).toEqual(['profile-home']);
    expect(await listed('?tag=offers')).toEqual(['offers-bikes']);
    expect(await listed('?visibility=private')).toEqual(['profile-home']);
    expect(await listed('?visibility=public&type=offers')).toEqual(['offers-bikes']);
    expect(await listed('?status=deleted')).toEqual(['offers-boats']);
    const first = (await alice.get(`${streams}?limit=2`)).body as Listed;
    expect(first.nextAfter).toBe(`user-${id}-profile`);
    expect(await listed(`?limit=2&after=${first.nextAfter}`)).toEqual(['profile-home']);
    expect(((await alice.get(`${streams}?limit=2&after=${first.nextAfter}`)).body as Listed).nextAfter).toBeNull();
  });
});
