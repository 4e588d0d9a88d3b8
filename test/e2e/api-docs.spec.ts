import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description?: string;
        readonly content?: Readonly<
          Record<
            string,
            {
              readonly schema?: unknown;
              readonly examples?: Readonly<Record<string, { readonly value: { readonly type: string } }>>;
            }
          >
        >;
      }
    >
  >;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const USER_STREAMS = '/api/users/{userId}/streams';
const BY_TYPE = `${USER_STREAMS}/{type}`;
const BY_CATEGORY = `${BY_TYPE}/{category}`;

/** Error statuses of routes that read a user stream, that write to one, and that administer an existing one. */
const READING = [400, 401, 404, 410, 503];
const WRITING = [400, 401, 403, 409, 410, 413, 503, 504];
/** Beside them, of a route with conditions in its headers. */
const CONDITIONAL = 412;
const ADMINISTERING = [400, 401, 403, 404, 409, 503, 504];

/** Every route, with its error statuses beside those that all routes have. */
const ROUTES: Readonly<Record<string, readonly number[]>> = {
  'GET /livez': [],
  'GET /readyz': [503],
  'GET /startupz': [503],
  'GET /health': [503],
  'GET /health/kurrentdb': [503],
  'GET /api/streams/{streamName}/events': [400, 404, 410, 503, 504],
  'POST /api/uptime/create-streams': [],
  'GET /api/uptime/test-kurrentdb': [503],
  'GET /api/uptime/status': [400],
  'GET /api/uptime/summary': [400],
  'GET /api/uptime/service/{name}': [400, 404],
  'GET /api/uptime/timeline/{name}': [400, 404],
  'GET /api/uptime/service/{name}/maintenance': [400, 404],
  'POST /api/uptime/service/{name}/maintenance': [...WRITING, 404],
  'DELETE /api/uptime/service/{name}/maintenance/{id}': [...ADMINISTERING, 410],
  'GET /api/uptime/service/{name}/corrections': [400, 404],
  'POST /api/uptime/service/{name}/corrections': [...WRITING, 404],
  'POST /api/uptime/push/{name}': [400, 401, 403, 404, 413, 415, 503, 504],
  'GET /api/user-data-schemas': [],
  [`GET ${USER_STREAMS}`]: [400, 401, 503],
  [`POST ${USER_STREAMS}`]: [...WRITING, CONDITIONAL],
  [`POST ${USER_STREAMS}/batch`]: WRITING,
  ...Object.fromEntries(
    [BY_TYPE, BY_CATEGORY].flatMap((path) => [
      [`GET ${path}`, [...READING, 504]],
      [`PUT ${path}`, [...WRITING, CONDITIONAL]],
      [`PATCH ${path}`, [...WRITING, CONDITIONAL, 404]],
      [`DELETE ${path}`, [...ADMINISTERING, CONDITIONAL, 410]],
    ]),
  ),
  [`GET ${BY_CATEGORY}/history`]: [...READING, 504],
  [`GET ${BY_CATEGORY}/metadata`]: READING,
  [`GET ${BY_CATEGORY}/feed`]: READING,
  [`POST ${BY_CATEGORY}/events`]: [...WRITING, CONDITIONAL],
  [`PATCH ${BY_CATEGORY}/metadata`]: [...ADMINISTERING, CONDITIONAL, 410],
  [`POST ${BY_CATEGORY}/restore`]: [...ADMINISTERING, CONDITIONAL],
};

/** All other routes respond with JSON. */
const EVENT_STREAMS = [`GET ${BY_CATEGORY}/feed`];

describe('the API documentation', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let api: OpenApi;

  beforeAll(async () => {
    dataDir = makeDataDir();
    service = await ServiceProcess.start({ DATA_DIR: dataDir });
    api = (await service.get('/api/docs-json')).body as OpenApi;
  });

  afterAll(async () => {
    await service.stop();
    removeDataDir(dataDir);
  });

  const operations = (): [string, Operation][] =>
    Object.entries(api.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );

  it('is served as an HTML page', async () => {
    const { status, body } = await service.get('/api/docs');
    expect(status).toBe(200);
    expect(body).toContain('<title>Penguin Pool Streams</title>');
  });

  it('describes every route, and no other', () => {
    expect(
      operations()
        .map(([route]) => route)
        .sort(),
    ).toEqual(Object.keys(ROUTES).sort());
  });

  it('gives the summary, the response and the errors of each route, the errors with an example', () => {
    for (const [route, { summary, responses }] of operations()) {
      expect({ route, summary: typeof summary }).toEqual({ route, summary: 'string' });
      const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
      expect({ route, body: Object.keys(success?.content ?? {}) }).toEqual({
        route,
        body: [EVENT_STREAMS.includes(route) ? 'text/event-stream' : 'application/json'],
      });
      expect({ route, statuses: Object.keys(responses).map(Number) }).toEqual({
        route,
        statuses: expect.arrayContaining([...(ROUTES[route] ?? [])]) as number[],
      });
      if (!route.includes('/api/')) continue;
      for (const [status, { content }] of Object.entries(responses).filter(([code]) => Number(code) >= 400)) {
        const json = content?.['application/json'];
        expect({ route, status, documented: json?.examples !== undefined || json?.schema !== undefined }).toEqual({
          route,
          status,
          documented: true,
        });
        if (json?.examples === undefined) continue;
        expect({ route, status, problem: content?.['application/problem+json']?.schema }).toEqual({
          route,
          status,
          problem: { $ref: '#/components/schemas/ProblemBody' },
        });
      }
    }
  });

  it('refers only to schemas that exist', () => {
    const references = [...JSON.stringify(api).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name ?? '',
    );
    expect(references.length).toBeGreaterThan(0);
    for (const name of references) expect(Object.keys(api.components.schemas)).toContain(name);
  });
});
