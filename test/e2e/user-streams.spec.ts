import { header } from '../support/api-caller.js';
import { historyOf, useUserStreams } from '../support/user-streams-service.js';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('the lifecycle of a stream over HTTP', () => {
  const { newUser } = useUserStreams();

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
        tags: ['user', 'profile', 'work', 'public', 'team/a'],
        owner: id,
        revision: 1,
        events: 2,
        bytes: expect.any(Number) as number,
        createdAt: timestamp,
        updatedAt: timestamp,
        metadataRevision: 0,
        permissions: { read: ['*'], write: [id], admin: [id] },
      });
      const [first, written] = await historyOf(alice, location);
      expect(first).toMatchObject({
        type: 'StreamCreated',
        data: {
          description: 'What colleagues see',
          tags: ['user', 'profile', 'work', 'public', 'team/a'],
          owner: id,
          data: {},
        },
      });
      // Two events, and the metadata.
      const events = [first?.data, data].reduce((sum: number, each) => sum + JSON.stringify(each).length + 1_024, 0);
      const { bytes } = (await alice.get(`${location}/metadata`)).body as { bytes: number };
      expect(bytes - events).toBeGreaterThan(1_024);
      expect(bytes - events).toBeLessThan(2_048);
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
        tags: ['user', 'loans', 'default', 'private'],
        permissions: { read: [id], write: [id], admin: [id] },
      });
    });

    it('returns 409 for a stream that exists, 412 if If-None-Match excludes that', async () => {
      const { alice, streams } = await newUser();
      await alice.post(streams, { type: 'offers', data: { title: 'Bike' } });
      expect(await alice.post(streams, { type: 'offers' })).toMatchObject({
        status: 409,
        body: { error: 'StreamAlreadyExistsError', type: 'stream-already-exists' },
      });
      expect(await alice.put(`${streams}/offers`, { data: {} }, { 'if-none-match': '*' })).toMatchObject({
        status: 412,
        body: {
          error: 'PreconditionFailedError',
          type: 'precondition-failed',
          details: { currentRevision: 1 },
        },
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

    it('returns 412 with the current revision if If-Match names another one, and writes nothing', async () => {
      const { alice, streams } = await newUser();
      await alice.put(`${streams}/profile`, { data: { displayName: 'A' } });
      for (const [method, expected] of [
        ['PUT', 0],
        ['PATCH', 0],
        ['DELETE', 0],
        ['PUT', 7],
      ] as const) {
        const rejected = await alice.request(
          method,
          `${streams}/profile`,
          method === 'DELETE' ? undefined : { data: { displayName: 'B' } },
          { 'if-match': `"${expected}"` },
        );
        expect(rejected).toMatchObject({
          status: 412,
          body: {
            error: 'PreconditionFailedError',
            type: 'precondition-failed',
            details: { expectedRevision: expected, currentRevision: 1 },
          },
        });
      }
      expect(await alice.put(`${streams}/loans`, { data: {} }, { 'if-match': '*' })).toMatchObject({
        status: 412,
        body: { type: 'precondition-failed', details: { currentRevision: 'no_stream' } },
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
