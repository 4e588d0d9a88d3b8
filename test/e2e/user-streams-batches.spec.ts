import { historyOf, useUserStreams } from '../support/user-streams-service.js';

interface Listed {
  readonly streams: readonly { readonly streamName: string }[];
  readonly nextAfter: string | null;
}

describe('the lifecycle of a stream over HTTP', () => {
  const { newUser } = useUserStreams();

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
        { type: 'profile', data: { displayName: 'B' }, expectedRevision: 1 },
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
});
