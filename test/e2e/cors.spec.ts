import { makeDataDir, removeDataDir, type HttpResponse, ServiceProcess } from '../support/service-process.js';

const APP = 'https://app.example.org';
const OTHER = 'https://other.example.org';

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The headers of a response that concern other origins. */
function corsHeadersOf({ headers }: HttpResponse): Readonly<Record<string, string>> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));
}

describe('requests from other origins', () => {
  let dataDir: string;
  let service: ServiceProcess;

  const startWith = async (environment: Readonly<Record<string, string>>): Promise<void> => {
    dataDir = makeDataDir();
    service = await ServiceProcess.start({ DATA_DIR: dataDir, ...environment });
  };

  afterEach(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  const preflight = (path: string, method: string, origin: string): Promise<HttpResponse> =>
    service.request('OPTIONS', path, {
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type,if-match',
      },
    });
  const get = (path: string, origin: string, more: Readonly<Record<string, string>> = {}): Promise<HttpResponse> =>
    service.request('GET', path, { headers: { origin, ...more } });

  it('are answered for listed origins: preflight requests of every route, responses and errors', async () => {
    await startWith({ CORS_ORIGINS: `http://localhost:5173, ${APP}`, AUTH_OPEN_ENDPOINTS: 'none' });
    const { paths } = (await service.get('/api/docs-json')).body as OpenApi;
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method): [string, string] => [path.replace(/\{\w+\}/g, 'a'), method.toUpperCase()]),
    );
    expect(routes.length).toBeGreaterThan(30);
    for (const [path, method] of [...routes, ['/api/docs', 'GET'] as const, ['/api/nothing', 'GET'] as const]) {
      const answer = await preflight(path, method, APP);
      const allowed = answer.headers.get('access-control-allow-methods')?.split(',') ?? [];
      expect({ path, method, status: answer.status, allowed: allowed.includes(method) }).toEqual({
        path,
        method,
        status: 204,
        allowed: true,
      });
      expect(corsHeadersOf(answer)).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'authorization,content-type,if-match',
        'access-control-max-age': '7200',
      });
    }
    for (const [path, headers, status] of [
      ['/livez', {}, 200],
      ['/api/uptime/status', {}, 401],
      ['/api/uptime/status', { authorization: 'Bearer no-token' }, 401],
      ['/api/nothing', {}, 404],
      ['/api/streams/%E0%A4%A/events', {}, 400],
    ] as const) {
      const response = await get(path, APP, headers);
      expect({ path, status: response.status }).toEqual({ path, status });
      expect(corsHeadersOf(response)).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': expect.stringContaining('X-RateLimit-Remaining') as string,
      });
      expect(response.headers.get('vary')).toMatch(/Authorization, X-API-Key.*\bOrigin\b/);
    }
  });

  it('of origins that are not listed get no header that lets their scripts read anything', async () => {
    await startWith({ CORS_ORIGINS: APP });
    for (const response of [await preflight('/livez', 'GET', OTHER), await get('/livez', OTHER)]) {
      expect(response.headers.has('access-control-allow-origin')).toBe(false);
      expect(response.headers.get('vary')).toContain('Origin');
    }
  });

  it('of any origin are answered for *, without credentials of the browser', async () => {
    await startWith({ CORS_ORIGINS: '*' });
    for (const response of [
      await preflight('/api/users/a/streams/profile', 'PUT', OTHER),
      await get('/livez', OTHER),
    ]) {
      expect(corsHeadersOf(response)).toMatchObject({ 'access-control-allow-origin': '*' });
      expect(response.headers.has('access-control-allow-credentials')).toBe(false);
    }
  });

  it('get no such header, and preflight requests no answer, by default', async () => {
    await startWith({});
    const answer = await preflight('/livez', 'GET', OTHER);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(corsHeadersOf(answer)).toEqual({});
    expect(corsHeadersOf(await get('/livez', OTHER))).toEqual({});
  });

  it('count: preflight requests beyond the limit get 429, which the script can read for other requests', async () => {
    await startWith({ CORS_ORIGINS: APP, RATE_LIMIT: '2', RATE_LIMIT_WINDOW_MS: '3600000' });
    const statuses = [];
    for (let request = 0; request < 3; request++)
      statuses.push((await preflight('/api/uptime/status', 'GET', APP)).status);
    expect(statuses).toEqual([204, 204, 429]);
    const limited = await get('/api/uptime/status', APP);
    expect(limited.status).toBe(429);
    expect(corsHeadersOf(limited)).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-expose-headers': expect.stringContaining('Retry-After') as string,
    });
  });
});
