import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import { collect, newStream } from '../support/embedded-client.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';

describe('AtomPub', () => {
  let server: KurrentDBServer;
  let client: KurrentDBClient;
  beforeAll(async () => {
    server = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0', '--enable-atom-pub-over-http');
    client = KurrentDBClient.connectionString(server.connectionString);
  });
  afterAll(async () => {
    await client.dispose();
    await server.kill();
  });

  const post = (
    stream: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
    init: RequestInit = {},
  ): Promise<Response> =>
    fetch(`http://localhost:${server.port}/streams/${encodeURIComponent(stream)}`, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
    });
  const stored = async (stream: string): Promise<unknown[]> =>
    (await collect(client.readStream(stream))).map(({ event }) => ({
      id: event?.id,
      type: event?.type,
      data: event?.data,
      metadata: event?.metadata,
    }));

  itWithOwnServer.each([
    'application/vnd.kurrent.events+json',
    'application/vnd.eventstore.events+json; charset=utf-8',
  ])('appends the events of an array as %s, and responds 201 with the location of the first', async (mediaType) => {
    const stream = `${newStream()} ü`;
    const [first, second] = [randomUUID(), randomUUID()];
    const response = await post(
      stream,
      [
        { eventId: first, eventType: 'a', data: { n: 1 }, metadata: { by: 'me' } },
        { eventId: second, eventType: 'b', data: [1, 'zwölf'] },
      ],
      { 'content-type': mediaType },
    );
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe(
      `http://localhost:${server.port}/streams/${encodeURIComponent(stream)}/0`,
    );
    expect(await stored(stream)).toMatchObject([
      { id: first, type: 'a', data: { n: 1 }, metadata: { by: 'me' } },
      { id: second, type: 'b', data: [1, 'zwölf'] },
    ]);
  });

  itWithOwnServer.each(['ES', 'Kurrent'])(
    'appends one event whose type and id are in headers with %s-, once for each id',
    async (prefix) => {
      const [stream, id] = [newStream(), randomUUID()];
      const headers = {
        'content-type': 'application/json',
        [`${prefix}-EventType`]: 'a',
        [`${prefix}-EventId`]: id,
      };
      expect((await post(stream, { n: 1 }, headers)).status).toBe(201);
      expect((await post(stream, { n: 1 }, headers)).status).toBe(201);
      expect(await stored(stream)).toMatchObject([{ id, type: 'a', data: { n: 1 } }]);
    },
  );

  itWithOwnServer('redirects an event without an id to a path with one', async () => {
    const stream = newStream();
    const headers = { 'content-type': 'application/json', 'es-eventtype': 'a' };
    const response = await post(stream, { n: 1 }, headers, { redirect: 'manual' });
    expect(response.status).toBe(307);
    const location = response.headers.get('location') ?? '';
    expect(location).toContain(`/streams/${stream}/incoming/`);
    for (let times = 0; times < 2; times++)
      expect((await fetch(location, { method: 'POST', headers, body: '{"n":1}' })).status).toBe(201);
    expect(await stored(stream)).toMatchObject([{ id: location.split('/').at(-1), type: 'a' }]);
  });

  itWithOwnServer('rejects what is malformed, and writes nothing', async () => {
    const stream = newStream();
    const events = 'application/vnd.eventstore.events+json';
    const json = 'application/json';
    const event = { eventId: randomUUID(), eventType: 'a', data: {} };
    for (const [status, body, headers] of [
      [400, '[{', { 'content-type': events }],
      [400, [], { 'content-type': events }],
      [400, event, { 'content-type': events }],
      [400, [{ ...event, eventId: 'x' }], { 'content-type': events }],
      [400, [event, { ...event, eventType: '' }], { 'content-type': events }],
      [400, '{', { 'content-type': json, 'es-eventtype': 'a', 'es-eventid': randomUUID() }],
      [400, {}, { 'content-type': json, 'es-eventid': randomUUID() }],
      [400, [event], { 'content-type': events, 'es-expectedversion': 'x' }],
      [415, '<a/>', { 'content-type': 'text/xml' }],
    ] as const)
      expect([(await post(stream, body, headers)).status, body]).toEqual([status, body]);
    await expect(collect(client.readStream(stream))).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  itWithOwnServer('checks the expected version, and responds 410 for a tombstoned stream', async () => {
    const stream = newStream();
    const append = (expected: string): Promise<Response> =>
      post(stream, [{ eventId: randomUUID(), eventType: 'a', data: {} }], {
        'content-type': 'application/vnd.kurrent.events+json',
        'kurrent-expectedversion': expected,
      });
    expect((await append('-1')).status).toBe(201);
    expect((await append('0')).status).toBe(201);
    const conflict = await append('-1');
    expect([conflict.status, conflict.headers.get('es-currentversion')]).toEqual([400, '1']);
    await client.tombstoneStream(stream);
    expect((await append('-2')).status).toBe(410);
  });

  itWithOwnServer('needs the option, and the right to write', async () => {
    const [plain, accepting] = [
      await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0'),
      await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0', '--enable-atom-pub-over-http'),
    ];
    try {
      const body = JSON.stringify([{ eventId: randomUUID(), eventType: 'a', data: {} }]);
      const headers = { 'content-type': 'application/vnd.kurrent.events+json' };
      const to = (target: KurrentDBServer, stream: string): Promise<Response> =>
        fetch(`http://localhost:${target.port}/streams/${stream}`, { method: 'POST', headers, body });
      expect((await to(plain, 'a')).status).toBe(405);
      // Nobody may write an index stream.
      expect((await to(accepting, '$ce-a')).status).toBe(401);
    } finally {
      await plain.kill();
      await accepting.kill();
    }
  });
});
