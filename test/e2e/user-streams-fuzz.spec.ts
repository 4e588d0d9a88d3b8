import fc from 'fast-check';
import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { eventually, sleep } from '../support/eventually.js';
import { ApiCaller, errorOf, type RawRequest, type Reply, send } from '../support/api-caller.js';
import { LiveFeed } from '../support/live-feed.js';
import { oddRead, oddWrite } from '../support/odd-requests.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { STANDARD_TAGS } from '../../src/user-streams/domain/index.js';
import { AUTH } from '../support/tokens.js';

/** Every type of error and its status. */
const STATUS_OF: Readonly<Record<string, number>> = {
  'stream-not-found': 404,
  'not-found': 404,
  'stream-deleted': 410,
  'stream-already-exists': 409,
  'wrong-expected-revision': 409,
  'precondition-failed': 412,
  'method-not-allowed': 405,
  'validation-error': 400,
  'event-too-large': 413,
  'authentication-error': 401,
  'permission-error': 403,
  'quota-exceeded': 403,
  'rate-limited': 429,
  'unsupported-media-type': 415,
};
const MEMBERS = ['details', 'error', 'message', 'requestId', 'streamName', 'type'];
const LONG_MS = 180_000;
const FUZZ = '/api/users/fuzz/streams';

type Json = Readonly<Record<string, unknown>>;

/** The user's streams and the stream that a path names. */
function placeOf(path: string): {
  readonly base: string;
  readonly type: string | undefined;
  readonly category: string;
  readonly action: string | undefined;
} {
  const base = /^\/api\/users\/[^/]*\/streams/.exec(path)?.[0] ?? FUZZ;
  const [first, category = 'default', action] = path.slice(base.length + 1).split('/');
  return first === '' || first === 'batch' || first === undefined
    ? { base, type: undefined, category, action: first }
    : { base, type: first, category, action };
}

/** The body as the service parses it. */
function bodyOf({ body = '' }: RawRequest): Json {
  return JSON.parse((typeof body === 'string' ? body : gunzipSync(body).toString()).replace(/^\ufeff/, '')) as Json;
}

/** JSON Merge Patch: the algorithm of RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result = new Map(
    Object.entries(typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {}),
  );
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, merged(result.get(name), value));
  }
  return Object.fromEntries(result);
}

describe('a random request to user streams', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let fuzz: ApiCaller;
  const bases = new Set([FUZZ]);
  const outcomes = { accepted: 0, rejected: 0 };

  beforeAll(async () => {
    dataDir = makeDataDir();
    service = await start();
    // An admin may access the streams of any user that a path names.
    fuzz = await ApiCaller.of(() => service.url, 'fuzz', 'admin');
    await fuzz.put(`${FUZZ}/profile`, { data: { displayName: 'Before' } });
    await fuzz.put(`${FUZZ}/activity/one`, { data: { action: 'before' } });
  }, 60_000);

  afterAll(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  async function start(): Promise<ServiceProcess> {
    const started = await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH });
    expect(
      (
        await eventually(
          () => started.get('/readyz'),
          ({ status }) => status === 200,
        )
      ).status,
    ).toBe(200);
    return started;
  }

  const textOf = async (path: string): Promise<string> => (await fuzz.get(path, { 'x-request-id': 'the-same' })).text;
  const at = async (path: string): Promise<Json> => (await fuzz.get(path)).body as Json;

  /** All that can be read of a user's streams, and of the one that a path names. */
  function snapshot(path: string): Promise<readonly string[]> {
    const { base, type, category } = placeOf(path);
    const stream = `${base}/${type}/${category}`;
    return Promise.all(
      [
        `${base}?limit=1000`,
        `${base}?limit=1000&status=deleted`,
        ...(type === undefined ? [] : [`${stream}/history?direction=backwards&limit=1000`, `${stream}/metadata`]),
      ].map(textOf),
    );
  }

  async function sendAsFuzz(request: RawRequest): Promise<Reply> {
    const authorized = { ...request, headers: { ...request.headers, ...fuzz.headers } };
    if (request.method !== 'GET' || !/\/feed(\?|$)/.test(request.path)) return send(service.url, authorized);
    const feed = await LiveFeed.open(service.url, request.path, authorized.headers);
    if (feed.status !== 200) return send(service.url, authorized);
    feed.kill();
    return { status: 200, headers: feed.headers, text: '', body: undefined };
  }

  function checkReply({ method }: RawRequest, reply: Reply): void {
    expect(reply.status).toBeGreaterThanOrEqual(200);
    expect(reply.status).toBeLessThan(500);
    if (reply.status < 400 || method === 'HEAD') return;
    const { error, message, type, requestId } = errorOf(reply);
    expect([typeof error, typeof message]).toEqual(['string', 'string']);
    expect({ type, status: STATUS_OF[type] }).toEqual({ type, status: reply.status });
    expect(requestId).toBe(reply.headers['x-request-id']);
    for (const member of Object.keys(reply.body as object)) expect(MEMBERS).toContain(member);
    expect(reply.text).not.toMatch(/node_modules|\n {4}at /);
    expect(reply.text.length).toBeLessThan(20_000);
  }

  /** Checks that written data are returned exactly as sent. */
  async function checkWritten(request: RawRequest, before: Json): Promise<void> {
    const { base, type, category, action } = placeOf(request.path);
    const stream = `${base}/${type}/${category}`;
    const same = (found: unknown, sent: unknown): void => expect(found).toEqual(JSON.parse(JSON.stringify(sent)));
    if (request.method === 'DELETE') return expect((await fuzz.get(stream)).status).toBe(410);
    if (action === 'restore') return expect((await fuzz.get(stream)).status).toBe(200);
    const body = bodyOf(request);
    const members = ({ description, tags, visibility }: Json): Json =>
      JSON.parse(JSON.stringify({ description, tags, visibility })) as Json;
    const withOwnTags = (answer: Json): Json => ({
      ...answer,
      tags: (answer.tags as readonly string[]).slice(STANDARD_TAGS),
    });
    if (action === '') {
      const created = `${base}/${body.type as string}/${(body.category as string | undefined) ?? 'default'}`;
      same((await at(created)).data, body.data ?? null);
      expect(withOwnTags(await at(`${created}/metadata`))).toMatchObject(members(body));
    } else if (action === 'batch') {
      for (const { type: kind, category: name = 'default', data } of body.writes as Json[])
        same((await at(`${base}/${kind as string}/${name as string}`)).data, data);
    } else if (action === 'events') {
      const events = body.events as Json[];
      const { events: last } = await at(`${stream}/history?direction=backwards&limit=${events.length}`);
      same(
        (last as { data: Json }[]).map(({ data }) => data.data).reverse(),
        events.map(({ data }) => data),
      );
    } else if (action === 'metadata') {
      expect(withOwnTags(await at(`${stream}/metadata`))).toMatchObject({
        ...members(body),
        ...(body.visibility === undefined ? { permissions: body.permissions ?? {} } : {}),
      });
    } else {
      same((await at(stream)).data, request.method === 'PUT' ? body.data : merged(before.data ?? {}, body.data));
    }
  }

  it(
    'gets a documented 4xx and changes nothing, or is stored and returned exactly as sent',
    async () => {
      await fc.assert(
        fc.asyncProperty(oddWrite, async (request) => {
          const { base, type, category } = placeOf(request.path);
          const before = await snapshot(request.path);
          const state = (await fuzz.get(`${base}/${type}/${category}`)).body as Json | undefined;
          const reply = await sendAsFuzz(request);
          checkReply(request, reply);
          if (reply.status >= 400) {
            outcomes.rejected++;
            expect(await snapshot(request.path)).toEqual(before);
          } else {
            outcomes.accepted++;
            bases.add(base);
            await checkWritten(request, state ?? {});
          }
        }),
        { numRuns: Number(process.env.FUZZ_RUNS ?? 500), endOnFailure: true },
      );
      expect(outcomes.accepted).toBeGreaterThan(50);
      expect(outcomes.rejected).toBeGreaterThan(50);
    },
    LONG_MS,
  );

  it(
    'gets a documented 4xx or the documented response if it only reads',
    async () => {
      const before = await snapshot(`${FUZZ}/profile`);
      await fc.assert(
        fc.asyncProperty(oddRead, async (request) => {
          checkReply(request, await sendAsFuzz(request));
        }),
        { numRuns: Number(process.env.FUZZ_RUNS ?? 600), endOnFailure: true },
      );
      expect(await snapshot(`${FUZZ}/profile`)).toEqual(before);
    },
    LONG_MS,
  );

  it(
    'is not stored if the connection breaks in the middle of it',
    async () => {
      const { hostname, port } = new URL(service.url);
      const before = await snapshot(`${FUZZ}/profile`);
      const body = JSON.stringify({ data: { displayName: 'Cut off' } });
      await fc.assert(
        fc.asyncProperty(
          fc.nat({ max: body.length - 1 }),
          fc.boolean(),
          fc.boolean(),
          async (at, isChunked, isReset) => {
            const socket = connect(Number(port), hostname);
            socket.on('error', () => undefined).resume();
            const length = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
            const part = isChunked ? `${body.length.toString(16)}\r\n${body.slice(0, at)}` : body.slice(0, at);
            socket.write(
              `PUT ${FUZZ}/profile HTTP/1.1\r\nHost: x\r\nAuthorization: ${fuzz.headers.authorization}\r\nContent-Type: application/json\r\n${length}\r\n\r\n${part}`,
            );
            const closed = once(socket, 'close');
            if (isReset) void sleep(5).then(() => socket.resetAndDestroy());
            else socket.end();
            await closed;
          },
        ),
        { numRuns: 40, endOnFailure: true },
      );
      expect(await snapshot(`${FUZZ}/profile`)).toEqual(before);
    },
    LONG_MS,
  );

  it(
    'leaves data that are the same after a restart',
    async () => {
      const everything = async (): Promise<readonly string[]> => {
        const found: string[] = [];
        for (const base of bases) {
          for (const list of [`${base}?limit=1000`, `${base}?limit=1000&status=deleted`]) {
            found.push(await textOf(list));
            for (const { type, category } of ((await at(list)).streams ?? []) as { type: string; category: string }[]) {
              const stream = `${base}/${type}/${category}`;
              found.push(
                await textOf(stream),
                await textOf(`${stream}/history?limit=1000`),
                await textOf(`${stream}/metadata`),
              );
            }
          }
        }
        return found;
      };
      const before = await everything();
      expect(before.length).toBeGreaterThan(30);
      expect(await service.stop()).toBe(0);
      expect(service.output.filter((line) => line.includes('internal-error'))).toEqual([]);
      service = await start();
      expect(await everything()).toEqual(before);
    },
    LONG_MS,
  );
});
