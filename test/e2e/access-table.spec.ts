import { type IncomingHttpHeaders } from 'node:http';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.js';
import { type AccessTable, type CallerName, CALLERS, parseAccessTables } from '../support/access-table.js';
import { ApiCaller, send } from '../support/api-caller.js';
import { LiveFeed } from '../support/live-feed.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH, tokenFor, unsignedTokenFor } from '../support/tokens.js';

const documented = parseAccessTables(readFileSync(resolve(__dirname, '../../docs/authorization.md'), 'utf8'));

const ANOTHER = 'another-user';
const CLOSED = 'with `AUTH_OPEN_ENDPOINTS=none`';
const NO_STREAM = 'Routes that are about no stream';
const LIVE_FEED = 'GET /ws/uptime';
const EVENTS = 'GET /api/streams/{streamName}/events';
/** Paths that are served without a controller, and the one whose controller only refuses what is no upgrade. */
const PAGES = ['GET /api/docs', 'GET /api/docs-json', 'GET /api/docs-yaml', LIVE_FEED];

/** Routes for people and browsers, which the API documentation does not describe. */
const NOT_IN_API = ['GET /', 'GET /favicon.ico'];

const DATA = { displayName: 'Alice' };

/** Routes about a stream without category; another path of the route with `{category}`. */
const SHORT_FORM = /\/\{type\}\/(history|feed|metadata|events|restore)$/;
const LONG_FORM = /\/\{category\}(?=\/(history|feed|metadata|events|restore)$)/;

/** Creates the user stream of a section, as its owner. */
const USER_STREAMS: Readonly<Record<string, (owner: ApiCaller, streams: string, userId: string) => Promise<unknown>>> =
  {
    'A private stream of a user': (owner, streams) => owner.put(`${streams}/profile`, { data: DATA }),
    'A public stream of a user': (owner, streams) =>
      owner.post(streams, { type: 'profile', visibility: 'public', data: DATA }),
    'A stream that another user may read': async (owner, streams, userId) => {
      await owner.put(`${streams}/profile`, { data: DATA });
      await owner.patch(`${streams}/profile/default/metadata`, { permissions: { read: [userId, ANOTHER] } });
    },
    'A deleted stream of a user': async (owner, streams) => {
      await owner.put(`${streams}/profile`, { data: DATA });
      await owner.delete(`${streams}/profile`);
    },
    'A stream of a user that does not exist': () => Promise.resolve(),
  };

/** Streams without an owner, by section; only one route reads them. */
const OTHER_STREAMS: Readonly<Record<string, (owner: string) => string>> = {
  'The uptime of a service': () => 'service-uptime-http',
  [`The uptime of a service, ${CLOSED}`]: () => 'service-uptime-http',
  'A stream of the system': () => 'system-probe-samples-http',
  'A stream of no kind': () => 'connection-test',
  "A stream of KurrentDB's own": (owner) => `$$user-${owner}-profile`,
};

/** Valid bodies, so that only the authorization decides. */
const BODIES: Readonly<Record<string, unknown>> = {
  'POST /api/users/{userId}/streams': { type: 'profile', data: DATA },
  'POST /api/users/{userId}/streams/batch': { writes: [{ type: 'profile', data: DATA }] },
  'PUT /api/users/{userId}/streams/{type}': { data: DATA },
  'PUT /api/users/{userId}/streams/{type}/{category}': { data: DATA },
  'PATCH /api/users/{userId}/streams/{type}': { data: DATA },
  'PATCH /api/users/{userId}/streams/{type}/{category}': { data: DATA },
  'PATCH /api/users/{userId}/streams/{type}/{category}/metadata': { description: 'Changed' },
  'POST /api/users/{userId}/streams/{type}/{category}/events': { events: [{ data: DATA }] },
  'POST /api/uptime/service/{name}/maintenance': {
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-01T01:00:00Z',
    reason: 'a new disk',
  },
  'POST /api/uptime/service/{name}/corrections': {
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-01T01:00:00Z',
    status: 'up',
    reason: 'a false alarm',
  },
};

/** Token of each caller. Those that must be rejected carry all roles, so that accepting one would show. */
const CREDENTIALS: Readonly<Record<CallerName, (owner: string) => Promise<string | undefined>>> = {
  nobody: () => Promise.resolve(undefined),
  'another user': () => tokenFor({ user: ANOTHER }),
  owner: (owner) => tokenFor({ user: owner }),
  admin: () => tokenFor({ user: 'an-admin', roles: ['admin'] }),
  system: () => tokenFor({ user: 'a-service', roles: ['system'] }),
  'expired token': (owner) => tokenFor({ user: owner, roles: ['admin', 'system'], expiresInSeconds: -60 }),
  'wrong audience': (owner) => tokenFor({ user: owner, roles: ['admin', 'system'], audience: 'somebody-else' }),
  '`alg: none`': (owner) => Promise.resolve(unsignedTokenFor({ user: owner, roles: ['admin', 'system'] })),
};

describe('the access table of docs/authorization.md', () => {
  let dataDir: string;
  let closedDir: string;
  let service: ServiceProcess;
  let closed: ServiceProcess;
  let owners = 0;

  beforeAll(async () => {
    [dataDir, closedDir] = [makeDataDir(), makeDataDir()];
    const probing = { UPTIME_INTERVAL_MS: '300', UPTIME_SAMPLE_WINDOW_MS: '1000' };
    service = await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH, ...probing });
    closed = await ServiceProcess.start({ DATA_DIR: closedDir, ...AUTH, ...probing, AUTH_OPEN_ENDPOINTS: 'none' });
    for (const running of [service, closed]) {
      expect(
        (
          await eventually(
            () => running.get('/readyz'),
            ({ status }) => status === 200,
          )
        ).status,
      ).toBe(200);
      await running.request('GET', '/api/uptime/test-kurrentdb', {
        headers: { authorization: `Bearer ${await tokenFor({ user: 'a-service' })}` },
      });
    }
    const system = await ApiCaller.of(() => service.url, 'a-service', 'system');
    for (const name of Object.values(OTHER_STREAMS)
      .map((of) => of('nobody'))
      .filter((stream) => !stream.startsWith('$'))) {
      expect(
        (
          await eventually(
            () => system.get(`/api/streams/${name}/events`),
            ({ status }) => status === 200,
          )
        ).status,
      ).toBe(200);
    }
  }, 60_000);

  afterAll(async () => {
    await ServiceProcess.killAll();
    for (const directory of [dataDir, closedDir]) removeDataDir(directory);
  });

  const tableOf = (title: string): AccessTable =>
    documented.find((table) => table.title === title) ?? { title, rows: new Map() };
  const mappedRoutes = (): string[] =>
    service.output.flatMap((line) => {
      const [, path = '', method = ''] = /Mapped \{([^,]+), ([A-Z]+)\} route/.exec(line) ?? [];
      return path === ''
        ? []
        : [`${method} ${path.replace(/:(\w+)/g, '{$1}')}`].filter(
            (route) => route !== LIVE_FEED && !SHORT_FORM.test(route),
          );
    });
  const isAboutUsers = (route: string): boolean => route.includes('/api/users/');
  const isAboutStreams = (route: string): boolean => isAboutUsers(route) || route === EVENTS;

  it('has the routes that Nest serves, which the API documentation describes but for the front page', async () => {
    const { paths } = (await service.get('/api/docs-json')).body as { paths: Record<string, Record<string, unknown>> };
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...described, ...NOT_IN_API].sort()).toEqual(mappedRoutes().sort());
    expect(described.filter(isAboutStreams).length).toBeGreaterThan(10);
  });

  it('has a section for each kind of stream, and no other', () => {
    expect(documented.map(({ title }) => title).sort()).toEqual(
      [NO_STREAM, `${NO_STREAM}, ${CLOSED}`, ...Object.keys(USER_STREAMS), ...Object.keys(OTHER_STREAMS)].sort(),
    );
  });

  it('has a row for each route in every section that applies to it, and no other', () => {
    const routes = mappedRoutes();
    const others = [...routes.filter((route) => !isAboutStreams(route)), ...PAGES].sort();
    for (const { title, rows } of documented) {
      const expected = title.startsWith(NO_STREAM)
        ? others
        : title in USER_STREAMS
          ? routes.filter(isAboutStreams).sort()
          : [EVENTS];
      expect({ title, routes: [...rows.keys()].sort() }).toEqual({ title, routes: expected });
    }
  });

  /** Sends a route's request as a caller, about a stream of a new user. */
  async function attempt(title: string, route: string, caller: CallerName, form = route): Promise<string> {
    const running = title.includes(CLOSED) ? closed : service;
    const userId = `owner-${owners++}`;
    await USER_STREAMS[title]?.(await ApiCaller.of(() => running.url, userId), `/api/users/${userId}/streams`, userId);
    const streamName = OTHER_STREAMS[title]?.(userId) ?? `user-${userId}-profile`;
    const values: Readonly<Record<string, string>> = {
      userId,
      type: 'profile',
      category: 'default',
      streamName,
      name: 'http',
      id: 'mnt_never',
    };
    const [method = '', template = ''] = form.split(' ');
    const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
    const token = await CREDENTIALS[caller](userId);
    const headers: Readonly<Record<string, string>> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    if (route === LIVE_FEED) return String(await upgrade(`${running.url.replace('http', 'ws')}${path}`, headers));
    if (path.endsWith('/feed')) return String(await follow(running.url, `${path}?from=0`, headers));
    const body = BODIES[route];
    const {
      status,
      body: received,
      headers: sent,
    } = await send(running.url, {
      method,
      path,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assertNotShared(route, sent);
    const isEmpty =
      status === 200 &&
      route === 'GET /api/users/{userId}/streams' &&
      (received as { streams: unknown[] }).streams.length === 0;
    return `${status}${isEmpty ? ' (empty)' : ''}`;
  }

  it.each(documented.map(({ title }) => title))(
    '%s: every route returns the documented status to every caller',
    async (title) => {
      const { rows } = tableOf(title);
      const found = new Map<string, string[]>();
      for (const route of rows.keys())
        found.set(route, await Promise.all(CALLERS.map((caller) => attempt(title, route, caller))));
      for (const [route, cells] of found)
        if (LONG_FORM.test(route)) {
          const short = route.replace(LONG_FORM, '');
          expect({
            short,
            cells: await Promise.all(CALLERS.map((each) => attempt(title, route, each, short))),
          }).toEqual({
            short,
            cells,
          });
        }
      const describeCells = (cells: readonly string[]): string =>
        CALLERS.map((caller, index) => `${caller}: ${cells[index]}`).join(', ');
      expect([...found].map(([route, cells]) => `${route} -- ${describeCells(cells)}`)).toEqual(
        [...rows].map(([route, cells]) => `${route} -- ${describeCells(cells)}`),
      );
    },
    120_000,
  );
});

/** A shared cache must not give the answer to another caller. */
function assertNotShared(route: string, headers: IncomingHttpHeaders): void {
  const [cacheControl, vary] = [headers['cache-control'] ?? '', headers.vary ?? ''];
  expect({ route, isPrivate: /private, no-cache|no-store/.test(cacheControl), cacheControl }).toEqual({
    route,
    isPrivate: true,
    cacheControl,
  });
  expect({ route, vary: vary.split(/, */) }).toEqual({
    route,
    vary: expect.arrayContaining(['Authorization', 'X-API-Key']) as string[],
  });
}

async function follow(url: string, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const feed = await LiveFeed.open(url, path, headers);
  feed.kill();
  assertNotShared(path, feed.headers);
  return feed.status;
}

/** Response status of a WebSocket upgrade. */
function upgrade(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((done, fail) => {
    const socket = new WebSocket(url, { headers });
    socket.on('upgrade', ({ statusCode }) => done(statusCode ?? 0));
    socket.on('open', () => socket.close());
    socket.on('unexpected-response', (outgoing, { statusCode }) => {
      outgoing.destroy();
      done(statusCode ?? 0);
    });
    socket.on('error', fail);
  });
}
