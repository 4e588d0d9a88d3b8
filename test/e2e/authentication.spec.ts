import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.js';
import { JwksIssuer } from '../support/jwks-issuer.js';
import { outputOf } from '../support/command-line.js';
import { type HttpResponse, makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';

interface Statuses {
  readonly services: readonly {
    readonly serviceName: string;
    readonly currentStatus: string;
    readonly lastProbe: { readonly error?: string } | null;
  }[];
}

const bearer = (token: string): { headers: Record<string, string> } => ({
  headers: { authorization: `Bearer ${token}` },
});

describe('authentication', () => {
  let dataDir: string;

  beforeEach(() => (dataDir = makeDataDir()));
  afterEach(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  /** Response status of the live feed's upgrade; 101 if it opens. */
  const statusOfFeed = async (
    service: ServiceProcess,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; challenge: string | undefined }> => {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/ws/uptime`, { headers });
    const rejected = new Promise<IncomingMessage>((resolve) =>
      socket.on('unexpected-response', (request: ClientRequest, response: IncomingMessage) => {
        request.destroy();
        resolve(response);
      }),
    );
    socket.on('error', () => undefined);
    const response = await Promise.race([rejected, once(socket, 'open')]);
    socket.terminate();
    return Array.isArray(response)
      ? { status: 101, challenge: undefined }
      : { status: response.statusCode ?? 0, challenge: response.headers['www-authenticate'] };
  };

  it('without open endpoints is required on all routes but Kubernetes probes; self-probes succeed', async () => {
    const service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      AUTH_OPEN_ENDPOINTS: 'none',
      UPTIME_INTERVAL_MS: '200',
      UPTIME_TIMEOUT_MS: '1000',
      LOG_LEVEL: 'debug',
    });
    const token = await outputOf({ DATA_DIR: dataDir }, 'token', '--user', 'alice');
    await eventually(
      () => service.get('/readyz'),
      ({ status }) => status === 200,
    );
    for (const path of ['/livez', '/readyz', '/startupz', '/api/docs'])
      expect({ path, status: (await service.get(path)).status }).toEqual({ path, status: 200 });
    for (const path of [
      '/health',
      '/health/kurrentdb',
      '/api/uptime/status',
      '/api/uptime/summary',
      '/api/uptime/test-kurrentdb',
    ]) {
      const rejected = await service.get(path);
      expect({ path, ...rejected }).toMatchObject({
        path,
        status: 401,
        body: {
          error: 'AuthenticationError',
          type: 'authentication-error',
          message: expect.stringContaining('Authorization: Bearer') as string,
        },
      });
      expect(rejected.headers.get('www-authenticate')).toBe('Bearer');
      expect({ path, status: (await service.request('GET', path, bearer(token))).status }).toEqual({
        path,
        status: 200,
      });
    }

    expect(await statusOfFeed(service)).toEqual({ status: 401, challenge: 'Bearer' });
    expect(await statusOfFeed(service, { authorization: `Bearer ${token}x` })).toEqual({
      status: 401,
      challenge: 'Bearer',
    });
    expect(await statusOfFeed(service, { authorization: `Bearer ${token}` })).toEqual({
      status: 101,
      challenge: undefined,
    });

    const statuses = await eventually(
      () => service.request('GET', '/api/uptime/status', bearer(token)).then(({ body }) => body as Statuses),
      ({ services }) => services.every(({ currentStatus }) => currentStatus === 'up'),
    );
    expect(
      statuses.services.map(({ serviceName, currentStatus, lastProbe }) => [
        serviceName,
        currentStatus,
        lastProbe?.error,
      ]),
    ).toEqual(['http', 'websocket', 'database'].map((name) => [name, 'up', undefined]));
    // Neither the token nor the credential of self-probes.
    expect(service.output.join('\n')).not.toMatch(/Bearer \w|own-[\w-]{43}|eyJ/);
  });

  it('is optional on open endpoints, but invalid credentials are rejected', async () => {
    const service = await ServiceProcess.start({ DATA_DIR: dataDir });
    await eventually(
      () => service.get('/readyz'),
      ({ status }) => status === 200,
    );
    for (const path of ['/health', '/api/uptime/status']) {
      expect((await service.get(path)).status).toBe(200);
      expect((await service.request('GET', path, bearer('abc.def.ghi'))).status).toBe(401);
    }
    expect((await service.request('GET', '/livez', bearer('abc.def.ghi'))).status).toBe(200);
    expect(await statusOfFeed(service)).toMatchObject({ status: 101 });
    expect(await statusOfFeed(service, { authorization: 'Bearer abc.def.ghi' })).toEqual({
      status: 401,
      challenge: 'Bearer',
    });
  });

  it('accepts the tokens of an issuer, and returns 503 while the issuer is unreachable', async () => {
    const issuer = new JwksIssuer();
    await issuer.addKey('first');
    await issuer.start();
    const service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      AUTH_OPEN_ENDPOINTS: 'none',
      AUTH_JWKS_URL: issuer.url,
      AUTH_ISSUER: issuer.issuer,
      AUTH_AUDIENCE: issuer.audience,
      AUTH_ROLES_CLAIM: 'realm_access.roles',
    });
    const getHealth = async (token: string | Promise<string>): Promise<HttpResponse> =>
      service.request('GET', '/health', bearer(await token));
    await issuer.stop();
    const away = await getHealth(issuer.token());
    expect(away).toMatchObject({
      status: 503,
      body: {
        type: 'connection-error',
        message: expect.stringContaining("the issuer's keys cannot be fetched") as string,
      },
    });
    expect(away.headers.get('retry-after')).toBe('5');
    await issuer.start();
    expect(
      (
        await eventually(
          () => getHealth(issuer.token()),
          ({ status }) => status === 200,
        )
      ).status,
    ).toBe(200);
    expect(await getHealth(issuer.token({ aud: 'another-shop' }))).toMatchObject({
      status: 401,
      body: { message: "The token is for another audience; get one for 'penguin-pool'" },
    });
    expect(await getHealth(issuer.token({ exp: 1 }))).toMatchObject({
      status: 401,
      body: { message: 'The token has expired; get a new one' },
    });
    await issuer.stop();
  });

  it('must be configured for an external KurrentDB: the service does not start without it', async () => {
    await expect(
      ServiceProcess.start({ DATA_DIR: dataDir, KURRENTDB_CONNECTION_STRING: 'kurrentdb://127.0.0.1:9' }),
    ).rejects.toThrow(
      'AUTH_JWKS_URL or AUTH_JWT_SECRET must be set together with KURRENTDB_CONNECTION_STRING: the generated development secret is for the embedded KurrentDB only',
    );
  });
});
