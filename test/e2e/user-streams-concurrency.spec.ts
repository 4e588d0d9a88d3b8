import { randomUUID } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { ApiCaller, errorOf, header, type Reply } from '../support/api-caller.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';
import { type HistoryEvent, historyOf } from '../support/user-streams-service.js';

const WRITERS = 64;
const ROUNDS = 2;
const LONG_MS = 240_000;
const STREAMS = '/api/users/alice/streams';

interface CounterData {
  readonly details: Readonly<Record<string, number>>;
}

/** The position and the event of a write, without its time, which is that of the service that responded. */
function written({ body }: Reply): unknown {
  const { streamName, revision, eventId } = body as Readonly<Record<string, unknown>>;
  return { streamName, revision, eventId };
}

describe.each([
  { title: 'one service with its embedded KurrentDB', processes: 1 },
  { title: 'two services on one KurrentDB', processes: 2 },
])('$title', ({ processes }) => {
  const directories: string[] = [];
  let store: KurrentDBServer | undefined;
  let callers: ApiCaller[];
  let streams = 0;

  beforeAll(async () => {
    if (processes > 1) store = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
    for (let index = 0; index < processes; index++) directories.push(makeDataDir());
    const services = await Promise.all(
      directories.map((directory) =>
        ServiceProcess.start({
          DATA_DIR: directory,
          ...AUTH,
          ...(store ? { KURRENTDB_CONNECTION_STRING: store.connectionString } : {}),
        }),
      ),
    );
    callers = await Promise.all(services.map(async (service) => ApiCaller.of(() => service.url, 'alice')));
    for (const service of services) await ready(service);
  }, 60_000);

  afterAll(async () => {
    await ServiceProcess.killAll();
    await store?.kill();
    for (const directory of directories) removeDataDir(directory);
  });

  /** A caller of the services in rotation. */
  const caller = (index: number): ApiCaller => callers[index % callers.length] as ApiCaller;

  /** A stream with a counter at 0, once every service serves it. */
  async function newStream(): Promise<string> {
    const stream = `${STREAMS}/activity/counter-${streams++}`;
    expect((await caller(0).put(stream, { data: { details: { count: 0 } } })).status).toBe(201);
    for (const each of callers)
      await eventually(
        () => each.get(stream),
        ({ status }) => status === 200,
      );
    return stream;
  }

  /** Checks that a 412 reports an existing revision that is later than the expected one. */
  async function checkConflict(alice: ApiCaller, stream: string, conflict: Reply, expected: number): Promise<void> {
    expect({ status: conflict.status, type: errorOf(conflict).type }).toEqual({
      status: 412,
      type: 'precondition-failed',
    });
    const { expectedRevision, currentRevision } = errorOf(conflict).details as {
      expectedRevision: number;
      currentRevision: number;
    };
    expect(expectedRevision).toBe(expected);
    expect(currentRevision).toBeGreaterThan(expected);
    const { body } = await alice.get(`${stream}/history?limit=1&from=${currentRevision}`);
    expect((body as { events: HistoryEvent[] }).events.map(({ revision }) => revision)).toEqual([currentRevision]);
  }

  /** Reads, increments the counter and adds a mark, until that was written at the revision that was read. */
  async function countUp(
    alice: ApiCaller,
    stream: string,
    writer: number,
    round: number,
  ): Promise<{ readonly revision: number; readonly conflicts: number }> {
    for (let conflicts = 0; ; conflicts++) {
      const { revision, data } = (await alice.get(stream)).body as { revision: number; data: CounterData };
      const count = (data.details.count ?? 0) + 1;
      const mark = { [`writer-${writer}-round-${round}`]: count };
      const condition = { 'if-match': `"${revision}"` };
      const reply =
        writer % 2 === 0
          ? await alice.put(stream, { data: { details: { ...data.details, count, ...mark } } }, condition)
          : await alice.patch(stream, { data: { details: { count, ...mark } } }, condition);
      if (reply.status === 200) {
        expect(header(reply, 'etag')).toBe(`"${revision + 1}"`);
        return { revision: revision + 1, conflicts };
      }
      await checkConflict(alice, stream, reply, revision);
    }
  }

  it(
    '64 writers with If-Match lose no update, get justified conflicts only, and leave no revision gap',
    async () => {
      const stream = await newStream();
      const done = await Promise.all(
        Array.from({ length: WRITERS }, async (_, writer) => {
          const own = [];
          for (let round = 0; round < ROUNDS; round++) own.push(await countUp(caller(writer), stream, writer, round));
          return own;
        }),
      );
      const total = WRITERS * ROUNDS;
      expect(done.flat().reduce((sum, { conflicts }) => sum + conflicts, 0)).toBeGreaterThan(0);
      // Every acknowledged write has a revision of its own.
      expect(
        done
          .flat()
          .map(({ revision }) => revision)
          .sort((one, other) => one - other),
      ).toEqual(Array.from({ length: total }, (_, index) => index + 2));
      const events = await historyOf<CounterData>(caller(0), stream);
      expect(events.map(({ revision }) => revision)).toEqual(Array.from({ length: total + 2 }, (_, index) => index));
      // Each write increments the counter of the one that it replaced.
      expect(events.slice(1).map(({ data }) => data.data?.details.count)).toEqual(
        Array.from({ length: total + 1 }, (_, index) => index),
      );
      const { count, ...marks } = events.at(-1)?.data.data?.details ?? {};
      expect(count).toBe(total);
      expect(Object.keys(marks)).toHaveLength(total);
      expect(new Set(Object.values(marks)).size).toBe(total);
      for (const alice of callers)
        expect(
          (
            await eventually(
              () => alice.get(stream),
              ({ headers }) => headers.etag === `"${total + 1}"`,
            )
          ).body,
        ).toMatchObject({ data: events.at(-1)?.data.data });
    },
    LONG_MS,
  );

  it(
    '64 writers that merge without If-Match lose no update',
    async () => {
      const stream = await newStream();
      const replies = await Promise.all(
        Array.from({ length: WRITERS }, (_, writer) =>
          caller(writer).patch(stream, { data: { details: { [`writer-${writer}`]: writer } } }),
        ),
      );
      const left = replies.flatMap(({ status }, writer) => (status === 200 ? [writer] : []));
      // A writer that always loses the race may get 409 instead, with nothing written.
      for (const reply of replies) expect([200, 409]).toContain(reply.status);
      expect(left.length).toBeGreaterThan(processes === 1 ? WRITERS - 1 : WRITERS / 2);
      const events = await historyOf<CounterData>(caller(0), stream);
      expect(events.map(({ revision }) => revision)).toEqual(
        Array.from({ length: left.length + 2 }, (_, index) => index),
      );
      expect(events.at(-1)?.data.data?.details).toEqual({
        count: 0,
        ...Object.fromEntries(left.map((writer) => [`writer-${writer}`, writer])),
      });
    },
    LONG_MS,
  );

  it.each([
    ['replaces', 'PUT', { data: { details: { written: 1 } } }, {}],
    ['merges', 'PATCH', { data: { details: { merged: 1 } } }, {}],
    // The others find the stream at the revision that one of them wrote: that is no conflict.
    ['replaces a revision', 'PUT', { data: { details: { written: 1 } } }, { 'if-match': '"1"' }],
    ['merges into a revision', 'PATCH', { data: { details: { merged: 1 } } }, { 'if-match': '"1"' }],
  ])(
    'a request with an Idempotency-Key that %s, sent 20 times at once to all services, is executed once',
    async (_, method, body, condition) => {
      const stream = await newStream();
      const key = { 'idempotency-key': randomUUID(), ...condition };
      const replies = await Promise.all(
        Array.from({ length: 20 }, (__, index) => caller(index).request(method, stream, body, key)),
      );
      expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
      const events = await historyOf(caller(0), stream);
      expect(events).toHaveLength(3);
      const recorded = {
        streamName: `user-alice-${stream.split('/').slice(-2).join('-')}`,
        revision: 2,
        eventId: events[2]?.eventId,
      };
      expect(replies.map(written)).toEqual(replies.map(() => recorded));
      // A later repetition gets the same response from every service.
      for (const alice of callers) {
        const again = await alice.request(method, stream, body, key);
        expect(again).toMatchObject({
          status: 200,
          body: { ...recorded, timestamp: events[2]?.timestamp },
          headers: { 'idempotency-replayed': 'true', etag: '"2"' },
        });
      }
      expect(await historyOf(caller(0), stream)).toHaveLength(3);
    },
  );

  it('a request with an Idempotency-Key that creates a stream, sent 20 times at once, always returns 201', async () => {
    const stream = `${STREAMS}/activity/created-${streams++}`;
    const key = { 'idempotency-key': randomUUID() };
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => caller(index).put(stream, { data: { action: 'begun' } }, key)),
    );
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 201));
    const events = await historyOf(caller(0), stream);
    expect(events.map(({ type }) => type)).toEqual(['StreamCreated', 'UserDataUpdated']);
    expect(replies.map(written)).toEqual(
      replies.map(() => expect.objectContaining({ revision: 1, eventId: events[1]?.eventId }) as unknown),
    );
  });

  it('an Idempotency-Key of another request is rejected, and nothing is written', async () => {
    const stream = await newStream();
    const key = { 'idempotency-key': randomUUID() };
    expect((await caller(0).put(stream, { data: { action: 'one' } }, key)).status).toBe(200);
    expect(await caller(0).put(stream, { data: { action: 'other' } }, key)).toMatchObject({
      status: 400,
      body: { type: 'validation-error', message: expect.stringContaining('Idempotency-Key') as string },
    });
    expect(await historyOf(caller(0), stream)).toHaveLength(3);
  });
});
