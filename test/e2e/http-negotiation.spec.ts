import { ApiCaller, errorOf, header, type Reply } from '../support/api-caller.js';
import { LiveFeed } from '../support/live-feed.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const STREAMS = '/api/users/alice/streams';
const PROFILE = `${STREAMS}/profile`;
const STATUS = '/api/uptime/status';
const PROBLEM = 'application/problem+json';
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

let dataDir: string;
let service: ServiceProcess;
let alice: ApiCaller;
let anyone: ApiCaller;

beforeAll(async () => {
  dataDir = makeDataDir();
  service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH }));
  alice = await ApiCaller.of(() => service.url, 'alice');
  anyone = new ApiCaller(() => service.url);
  await alice.put(PROFILE, { data: { displayName: 'A' } });
});
afterAll(async () => {
  await ServiceProcess.killAll();
  removeDataDir(dataDir);
});

describe('problem details', () => {
  const problemOf = async (reply: Promise<Reply>): Promise<unknown> => {
    const { headers, body, status } = await reply;
    expect({ type: headers['content-type'], status }).toEqual({
      type: `${PROBLEM}; charset=utf-8`,
      status: (body as { status: number }).status,
    });
    expect(headers.vary).toMatch(/\bAccept\b/);
    return body;
  };

  it('are the errors of a client that accepts them, with the members of the documented body', async () => {
    expect(await problemOf(anyone.get(PROFILE, { accept: PROBLEM, 'x-request-id': 'r-1' }))).toEqual({
      type: 'urn:problem-type:penguin-pool-streams:stream-not-found',
      title: 'The stream does not exist',
      status: 404,
      detail: "Stream 'user-alice-profile' does not exist",
      instance: 'urn:request:r-1',
      error: 'StreamNotFoundError',
      message: "Stream 'user-alice-profile' does not exist",
      streamName: 'user-alice-profile',
      requestId: 'r-1',
    });
  });

  it.each([
    ['of a DTO', { events: [{ data: {} }, { data: null }] }, '#/events/1/data'],
    ['of an unknown member', { events: [{ data: {}, 'a/b': 1 }] }, '#/events/0/a~1b'],
    ['of a schema', { events: [{ data: { email: 'none' } }] }, '#/events/0/data/email'],
    [
      'of a name with a dot',
      { events: [{ data: { preferences: { 'a.b': '\ud800' } } }] },
      '#/events/0/data/preferences/a.b',
    ],
  ])('point to a value in the body %s', async (_, body, pointer) => {
    const problem = await problemOf(alice.post(`${PROFILE}/default/events`, body, { accept: PROBLEM }));
    expect((problem as { errors: unknown }).errors).toEqual([{ detail: expect.any(String) as string, pointer }]);
  });

  it.each([
    ['the query', `${PROFILE}?revision=x`, {}, 'revision'],
    ['the path', `${STREAMS}/nothing`, {}, 'type'],
    ['a header', `${PROFILE}/default/feed`, { 'last-event-id': 'x' }, 'Last-Event-ID'],
  ])('name a parameter of %s', async (_, path, headers, parameter) => {
    const problem = await problemOf(alice.get(path, { accept: `text/event-stream, ${PROBLEM}`, ...headers }));
    expect((problem as { errors: unknown }).errors).toEqual([{ detail: expect.any(String) as string, parameter }]);
  });

  it.each([
    ['application/json', 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    [BROWSER, 'application/json'],
    [`application/json, ${PROBLEM}`, PROBLEM],
    [`${PROBLEM};q=0, application/json`, 'application/json'],
  ])('are for those who name them: Accept: %s gets %s', async (accept, type) => {
    const reply = await anyone.get(PROFILE, { accept });
    expect([reply.status, header(reply, 'content-type')]).toEqual([404, `${type}; charset=utf-8`]);
  });
});

describe('Accept', () => {
  it.each([
    'text/html',
    'text/plain, image/*',
    'application/xml',
    '*/*;q=0',
    'application/json;q=0',
    'text/event-stream',
  ])('%s is refused with 406 by a route that responds with JSON, before it does anything', async (accept) => {
    const reply = await alice.put(`${STREAMS}/offers`, { data: {} }, { accept });
    expect(reply).toMatchObject({
      status: 406,
      body: {
        error: 'NotAcceptableError',
        type: 'not-acceptable',
        details: { offered: ['application/json', PROBLEM] },
      },
    });
    expect((await alice.get(`${STREAMS}/offers`)).status).toBe(404);
  });

  it.each(['*/*', 'application/*', 'application/json', 'text/html, */*;q=0.1', BROWSER, PROBLEM, '', 'nonsense', ','])(
    '%j is satisfied by JSON',
    async (accept) => {
      expect((await anyone.get(STATUS, { accept })).status).toBe(200);
    },
  );

  it.each(['text/event-stream', '*/*', 'text/*', BROWSER])('%s is satisfied by a feed', async (accept) => {
    const feed = await LiveFeed.open(service.url, `${PROFILE}/default/feed`, { ...alice.headers, accept });
    expect(feed.status).toBe(200);
    feed.kill();
  });

  it('application/json is refused by a feed', async () => {
    expect((await alice.get(`${PROFILE}/default/feed`, { accept: 'application/json' })).status).toBe(406);
  });

  it.each(['/', '/livez', '/readyz', '/startupz', '/health', '/health/kurrentdb', '/api/docs', '/api/docs-json'])(
    'does not matter to %s, nor is it needed',
    async (path) => {
      for (const accept of ['text/plain', 'image/png', '*/*;q=0'])
        expect([accept, (await anyone.get(path, { accept })).status]).toEqual([accept, 200]);
      expect((await anyone.get(path)).status).toBe(200);
    },
  );
});

describe('a method that no route of the path knows', () => {
  it.each([
    ['DELETE', STATUS, 'GET, HEAD'],
    ['OPTIONS', STATUS, 'GET, HEAD'],
    ['POST', '/livez', 'GET, HEAD'],
    ['GET', '/api/uptime/create-streams', 'POST'],
    ['PUT', STREAMS, 'GET, HEAD, POST'],
    ['POST', PROFILE, 'DELETE, GET, HEAD, PATCH, PUT'],
    ['GET', `${PROFILE}/default/events`, 'POST'],
    ['DELETE', `${PROFILE}/default/metadata`, 'GET, HEAD, PATCH'],
    ['PUT', '/api/uptime/service/http/maintenance', 'GET, HEAD, POST'],
    ['GET', '/api/uptime/service/http/maintenance/mnt_1', 'DELETE'],
    ['POST', '/api/docs', 'GET, HEAD'],
    ['POST', '/ws/uptime', 'GET, HEAD'],
  ])('gets 405: %s %s, with Allow: %s', async (method, path, allow) => {
    const reply = await anyone.request(method, path);
    expect({ status: reply.status, allow: header(reply, 'allow'), type: errorOf(reply).type }).toEqual({
      status: 405,
      allow,
      type: 'method-not-allowed',
    });
  });

  it('gets 404 from a path without routes', async () => {
    for (const method of ['GET', 'PUT', 'OPTIONS'])
      for (const path of ['/api/nothing', '/api/uptime', `${PROFILE}/default/history/more`])
        expect([path, (await anyone.request(method, path)).status]).toEqual([path, 404]);
  });
});

describe('GET /ws/uptime without an upgrade', () => {
  it.each<Readonly<Record<string, string>>>([{}, { upgrade: 'h2c', connection: 'Upgrade' }, { accept: 'text/html' }])(
    'gets 426 with the protocol to upgrade to (%j)',
    async (headers) => {
      const reply = await anyone.get('/ws/uptime', headers);
      expect(reply).toMatchObject({
        status: 426,
        headers: { upgrade: 'websocket', connection: 'Upgrade' },
        body: { error: 'UpgradeRequiredError', type: 'upgrade-required' },
      });
    },
  );
});
