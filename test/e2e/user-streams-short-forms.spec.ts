import { errorOf, header } from '../support/api-caller.js';
import { LiveFeed } from '../support/live-feed.js';
import { eventually } from '../support/eventually.js';
import { useUserStreams } from '../support/user-streams-service.js';

const RESERVED = ['history', 'feed', 'metadata', 'events', 'restore'];
const DATA = { displayName: 'A' };

describe('the routes of a stream without category', () => {
  const { newUser, url } = useUserStreams();

  it('are the same in the short form', async () => {
    const { id, alice, streams } = await newUser();
    const short = `${streams}/profile`;
    const long = `${short}/default`;
    await alice.put(short, { data: DATA });
    for (const read of ['history', 'history?limit=1&direction=backwards', 'metadata'])
      expect((await alice.get(`${short}/${read}`)).body).toEqual((await alice.get(`${long}/${read}`)).body);
    const feed = await LiveFeed.open(url(), `${short}/feed?from=0`, alice.headers);
    await eventually(
      () => Promise.resolve(feed.events.length),
      (length) => length === 2,
    );
    feed.kill();

    expect(await alice.post(`${short}/events`, { events: [{ data: DATA }, { data: DATA }] })).toMatchObject({
      status: 200,
      body: { streamName: `user-${id}-profile`, revision: 3 },
    });
    const changed = await alice.patch(`${short}/metadata`, { tags: ['one'] }, { 'if-match': '"0"' });
    expect([changed.status, header(changed, 'etag')]).toEqual([200, '"1"']);
    await alice.delete(short);
    expect(await alice.post(`${short}/restore`)).toMatchObject({ status: 200, body: { revision: 5 } });
    expect((await alice.get(`${short}?revision=3`)).body).toMatchObject({ category: 'default', data: DATA });
  });

  it.each(RESERVED)('leave no room for a category %s', async (category) => {
    const { alice, streams } = await newUser();
    const replies = [
      await alice.put(`${streams}/profile/${category}`, { data: DATA }),
      await alice.post(streams, { type: 'profile', category, data: DATA }),
      await alice.post(`${streams}/batch`, { writes: [{ type: 'profile', category, data: DATA }] }),
      await alice.post(`${streams}/profile/${category}/events`, { events: [{ data: DATA }] }),
    ];
    for (const reply of replies) {
      expect(reply.status).toBe(400);
      expect(errorOf(reply)).toMatchObject({
        type: 'validation-error',
        message: expect.stringContaining(`'${category}' cannot name a category`) as string,
        details: { mistakes: [{ path: 'category' }] },
      });
    }
    expect((await alice.get(streams)).body).toMatchObject({ streams: [] });
  });
});
