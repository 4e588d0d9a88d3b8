import fc from 'fast-check';
import { eventually } from '../support/eventually.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';

interface ErrorBody {
  readonly error: string;
  readonly message: string;
  readonly streamName?: string;
  readonly type: string;
  readonly details?: { readonly mistakes?: readonly { readonly path: string }[] };
  readonly requestId: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('the HTTP edge', () => {
  let dataDir: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    dataDir = makeDataDir();
    service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      LOG_LEVEL: 'debug',
      UPTIME_HTTP_URL: 'http://probe-user:probe-pass@127.0.0.1:9/',
      HTTP_MAX_BODY_BYTES: '2048',
    });
  });

  afterAll(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  const errorOf = async (
    method: string,
    path: string,
    init?: Parameters<ServiceProcess['request']>[2],
  ): Promise<{ status: number; body: ErrorBody; headers: Headers }> => {
    const { status, body, headers } = await service.request(method, path, init);
    return { status, body: body as ErrorBody, headers };
  };

  it('returns the documented body for a stream that does not exist', async () => {
    const { status, body } = await errorOf('GET', '/api/streams/service-uptime-nothing/events');
    expect(status).toBe(404);
    expect(body).toEqual({
      error: 'StreamNotFoundError',
      message: "Stream 'service-uptime-nothing' does not exist",
      streamName: 'service-uptime-nothing',
      type: 'stream-not-found',
      requestId: expect.stringMatching(UUID) as string,
    });
  });

  it.each(['user-alice-profile', 'system-audit-1', '$all', '$$service-uptime-http', 'connection-test', 'nonsense'])(
    'hides %s, whether it exists or not',
    async (name) => {
      const { status, body } = await errorOf('GET', `/api/streams/${encodeURIComponent(name)}/events`);
      expect({ status, type: body.type }).toEqual({ status: 404, type: 'stream-not-found' });
    },
  );

  it.each([
    ['GET', '/api/streams/service-uptime-http/events?limit=0', 'limit'],
    ['GET', '/api/streams/service-uptime-http/events?limit=1001', 'limit'],
    ['GET', '/api/streams/service-uptime-http/events?limit=ten', 'limit'],
    ['GET', '/api/streams/service-uptime-http/events?limit=1&limit=2', 'limit'],
    ['GET', '/api/streams/service-uptime-http/events?from=-1', 'from'],
    ['GET', '/api/streams/service-uptime-http/events?from=9223372036854775808', 'from'],
    ['GET', '/api/streams/service-uptime-http/events?from=1&from=2', 'from'],
    ['GET', '/api/streams/service-uptime-http/events?direction=sideways', 'direction'],
    ['GET', '/api/streams/service-uptime-http/events?colour=red', 'colour'],
    ['GET', '/api/streams/service-uptime-http/events?__proto__=x', '__proto__'],
    ['GET', '/api/streams/service-uptime-http/events?constructor=x', 'constructor'],
    ['GET', '/api/uptime/summary?hours=0', 'hours'],
    ['GET', '/api/uptime/summary?hours=8761', 'hours'],
    ['GET', '/api/uptime/summary?hours=1.5', 'hours'],
    ['GET', '/api/uptime/timeline/http?hours=NaN', 'hours'],
    ['GET', '/api/uptime/status?x=1', 'x'],
  ])('returns 400 for %s %s, and names the issue', async (method, path, issue) => {
    const { status, body } = await errorOf(method, path);
    expect({ status, error: body.error, type: body.type }).toEqual({
      status: 400,
      error: 'ValidationError',
      type: 'validation-error',
    });
    expect([...new Set(body.details?.mistakes?.map((found) => found.path))]).toEqual([issue]);
  });

  it.each([
    ['a route that does not exist', 'GET', '/api/nothing', {}, 404, 'not-found'],
    ['a method that the route does not know', 'DELETE', '/api/uptime/status', {}, 405, 'method-not-allowed'],
    [
      'broken JSON',
      'POST',
      '/api/uptime/create-streams',
      { body: '{"a":', headers: { 'content-type': 'application/json' } },
      400,
      'validation-error',
    ],
    [
      'a body that is too large',
      'POST',
      '/api/uptime/create-streams',
      { body: JSON.stringify('x'.repeat(4096)), headers: { 'content-type': 'application/json' } },
      413,
      'event-too-large',
    ],
    [
      'an unknown encoding',
      'POST',
      '/api/uptime/create-streams',
      { body: '{}', headers: { 'content-type': 'application/json', 'content-encoding': 'rot13' } },
      415,
      'unsupported-media-type',
    ],
    [
      'a body that is not JSON',
      'POST',
      '/api/uptime/create-streams',
      { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported-media-type',
    ],
    [
      'a body of another JSON type',
      'POST',
      '/api/uptime/create-streams',
      { body: '{}', headers: { 'content-type': 'application/json-patch+json' } },
      415,
      'unsupported-media-type',
    ],
    [
      'a broken merge patch',
      'POST',
      '/api/uptime/create-streams',
      { body: '{"a":', headers: { 'content-type': 'application/merge-patch+json; charset=utf-8' } },
      400,
      'validation-error',
    ],
    ['a broken percent-encoding', 'GET', '/api/streams/%E0%A4%A/events', {}, 400, 'validation-error'],
    ['an empty stream name', 'GET', '/api/streams/%20/events', {}, 400, 'validation-error'],
    ['a stream name with a control character', 'GET', '/api/streams/a%00b/events', {}, 400, 'validation-error'],
    ['a stream name that is too long', 'GET', `/api/streams/${'x'.repeat(513)}/events`, {}, 400, 'validation-error'],
    ['a service name that is none', 'GET', '/api/uptime/service/__proto__', {}, 400, 'validation-error'],
  ])('returns a 4xx with the documented body for %s', async (_, method, path, init, status, type) => {
    const response = await errorOf(method, path, init);
    expect({ status: response.status, type: response.body.type }).toEqual({ status, type });
    expect(Object.keys(response.body)).toEqual(expect.arrayContaining(['error', 'message', 'type', 'requestId']));
    expect(response.body.requestId).toBe(response.headers.get('x-request-id'));
    expect(JSON.stringify(response.body)).not.toMatch(/node_modules|at \w+ \(/);
  });

  it('accepts a request without a body, whatever its Content-Type', async () => {
    expect(
      (
        await service.request('POST', '/api/uptime/create-streams', {
          headers: { 'content-type': 'text/plain', 'content-length': '0' },
        })
      ).status,
    ).toBeLessThan(300);
  });

  it('never returns 500 to random requests', async () => {
    const path = fc.oneof(
      fc.webPath().map((text) => `/api${text}`),
      fc
        .tuple(
          fc.constantFrom('/api/streams/', '/api/uptime/service/', '/api/uptime/timeline/'),
          fc.string({ unit: 'grapheme', minLength: 1 }),
        )
        .map(([route, name]) => `${route}${encodeURIComponent(name)}`),
      fc.string({ unit: 'grapheme', minLength: 1 }).map((name) => `/api/streams/${encodeURIComponent(name)}/events`),
      fc
        .tuple(
          fc.constantFrom(
            '/api/uptime/summary',
            '/api/uptime/timeline',
            '/api/streams/service-uptime-http/events',
            '/readyz',
          ),
          fc.webQueryParameters(),
        )
        .map(([route, query]) => `${route}?${query}`),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
        path,
        async (method, target) => {
          const { status } = await service.request(method, target);
          expect({ target, ok: status < 500 || target.startsWith('/readyz') }).toEqual({ target, ok: true });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps a request id of a plain form, and replaces any other', async () => {
    const header = async (value: string): Promise<string | null> =>
      (await service.request('GET', '/livez', { headers: { 'x-request-id': value } })).headers.get('x-request-id');
    expect(await header('deploy-7:retry.1')).toBe('deploy-7:retry.1');
    expect(await header('x'.repeat(129))).toMatch(UUID);
    expect(await header('a b"')).toMatch(UUID);
  });

  it('sends security headers, and compresses large responses', async () => {
    const { headers } = await service.get('/api/docs-json');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('content-encoding')).toBe('gzip');
  });

  it('logs a request under its id, without secrets', async () => {
    // An invalid token: rejected credentials are not logged either.
    const token = 'very-secret-token';
    const { headers } = await service.request('GET', '/api/uptime/status', {
      headers: { authorization: `Bearer ${token}`, cookie: `session=${token}`, 'x-request-id': 'find-me' },
    });
    expect(headers.get('x-request-id')).toBe('find-me');
    const line = await eventually(
      () => Promise.resolve(service.output.find((text) => text.includes('find-me'))),
      (found) => found !== undefined,
    );
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      req: { id: 'find-me', method: 'GET', url: '/api/uptime/status' },
      res: { statusCode: 401 },
    });
    const everything = service.output.join('\n');
    expect(everything).not.toContain(token);
    expect(everything).not.toContain('probe-pass');
  });
});

describe('throttling', () => {
  it('returns 429 with Retry-After to an address over the limit on all routes but the Kubernetes probes', async () => {
    const dataDir = makeDataDir();
    const service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      LOG_LEVEL: 'info',
      RATE_LIMIT: '5',
      RATE_LIMIT_WINDOW_MS: '60000',
      UPTIME_INTERVAL_MS: '60000',
    });
    try {
      const responses = [];
      for (let request = 0; request < 7; request++)
        responses.push(await service.get(request % 2 === 0 ? '/api/uptime/status' : '/api/uptime/summary'));
      expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429, 429]);
      expect(
        responses
          .slice(0, 5)
          .map(({ headers }) => [headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')]),
      ).toEqual(['4', '3', '2', '1', '0'].map((left) => ['5', left]));
      const rejected = responses.at(-1);
      expect(rejected?.body).toMatchObject({
        error: 'RateLimitedError',
        type: 'rate-limited',
        message:
          'Too many requests from address 127.0.0.1: more than 5 in 60 seconds; wait for the seconds in Retry-After',
      });
      const retryAfter = Number(rejected?.headers.get('retry-after'));
      expect(retryAfter).toBeGreaterThan(0);
      expect(retryAfter).toBeLessThanOrEqual(60);
      for (let request = 0; request < 20; request++) expect((await service.get('/livez')).status).toBe(200);
    } finally {
      await service.stop();
      removeDataDir(dataDir);
    }
  });
});
