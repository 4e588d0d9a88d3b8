import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { header } from '../support/api-caller.js';
import { useUserStreams } from '../support/user-streams-service.js';

describe('the lifecycle of a stream over HTTP', () => {
  const { newUser, store } = useUserStreams();
  let raw: KurrentDBClient;
  beforeAll(() => {
    raw = KurrentDBClient.connectionString(store().connectionString);
  });
  afterAll(() => raw.dispose());

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
        tags: ['user', 'profile', 'default', 'private', 'a'],
        metadataRevision: 1,
        revision: 1,
        permissions: { read: [id, 'bob', 'key:reports'], write: [id, 'admin'], admin: [id] },
      },
    });
    expect(await alice.patch(details, { description: 'Late' }, { 'if-match': '"0"' })).toMatchObject({
      status: 412,
      body: { type: 'precondition-failed', details: { expectedRevision: 0, currentRevision: 1 } },
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
      metadata: { owner: id, version: 1, schemaVersion: '1.0.0', tags: ['user', 'profile', 'default', 'private', 'a'] },
    });
    await alice.patch(details, { visibility: 'public' });
    expect(await stored()).toMatchObject({
      $acl: { $r: ['$all', 'bob', 'key:reports'] },
      permissions: { read: ['*', 'bob', 'key:reports'] },
      description: 'New',
      metadata: { tags: ['user', 'profile', 'default', 'public', 'a'] },
    });
    for (const [body, path] of [
      [{ permissions: { admin: [] } }, 'permissions.admin'],
      [{ permissions: { admin: ['*'] } }, 'permissions.admin'],
      [{ permissions: { admin: ['user'] } }, 'permissions.admin'],
      [{ permissions: { admin: [id, 'user'] } }, 'permissions.admin'],
      [{ permissions: { read: ['$all'] } }, 'permissions.read'],
      [{ tags: ['a', 'a'] }, 'tags'],
      [{ tags: Array.from({ length: 33 }, (_, n) => `t${n}`) }, 'tags'],
      [{ tags: Array.from({ length: 37 }, (_, n) => `t${n}`) }, 'tags'],
      [{ colour: 1 }, 'colour'],
    ] as const)
      expect(await alice.patch(details, body)).toMatchObject({
        status: 400,
        body: { details: { mistakes: [{ path }] } },
      });
  });
});
