import { Controller, Get, type INestApplication } from '@nestjs/common';
import { type Server } from 'node:http';
import supertest from 'supertest';
import { APP_CONFIG, loadConfig, type OpenEndpoints } from '../../src/config/index.js';
import {
  AuthenticationError,
  type Caller,
  ConnectionError,
  type AuthenticatedCaller,
  type Role,
} from '../../src/event-store/domain/index.js';
import { Access, CurrentCaller } from '../../src/http/index.js';
import { startGuardedApp } from '../support/guarded-app.js';

const nameOf = (caller: Caller): string => (caller.kind === 'known' ? caller.id : 'anonymous');

@Controller('closed')
class ClosedController {
  @Get()
  read(): string {
    return 'secret';
  }
}

@Controller()
@Access({ kind: 'open', group: 'uptime' })
class OpenController {
  @Get('open')
  open(@CurrentCaller() caller: Caller): string {
    return nameOf(caller);
  }

  @Get('public')
  @Access({ kind: 'public' })
  isPublic(): string {
    return 'anyone';
  }

  @Get('stream')
  @Access({ kind: 'stream' })
  stream(@CurrentCaller() caller: Caller): string {
    return nameOf(caller);
  }

  @Get('authenticated')
  @Access({ kind: 'authenticated' })
  authenticated(@CurrentCaller() caller: Caller): string {
    return nameOf(caller);
  }

  @Get('operators')
  @Access({ kind: 'roles', roles: ['admin', 'system'] })
  operators(@CurrentCaller() caller: Caller): string {
    return nameOf(caller);
  }
}

/** Test tokens: `{name}` or `{name}.{role}`. */
function callerOf(token: string): AuthenticatedCaller {
  const [id = '', role] = token.split('.');
  if (id === 'expired') throw new AuthenticationError('The token has expired; get a new one');
  if (id === 'unchecked') throw new ConnectionError('Tokens cannot be checked now');
  if (id === 'failure') throw new TypeError('an internal error with secrets');
  return { kind: 'known', id, roles: new Set(['user', ...(role === undefined ? [] : [role as Role])]) };
}

function start(openEndpoints: OpenEndpoints[]): Promise<INestApplication<Server>> {
  const config = loadConfig({});
  return startGuardedApp(callerOf, {
    controllers: [ClosedController, OpenController],
    providers: [
      { provide: APP_CONFIG, useValue: { ...config, auth: { ...config.auth, openEndpoints: new Set(openEndpoints) } } },
    ],
  });
}

describe('the access guard', () => {
  let open: INestApplication<Server>;
  let closed: INestApplication<Server>;

  beforeAll(async () => {
    open = await start(['uptime', 'health']);
    closed = await start([]);
  });
  afterAll(async () => {
    await open.close();
    await closed.close();
  });

  const get = (app: INestApplication<Server>, path: string, headers: Record<string, string> = {}): supertest.Test =>
    supertest(app.getHttpServer()).get(path).set(headers);
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

  it('denies a route without an access policy to every caller', async () => {
    for (const headers of [{}, bearer('alice'), bearer('root.system')]) {
      const response = await get(open, '/closed', headers);
      expect({ status: response.status, body: response.body as unknown }).toMatchObject({
        status: 403,
        body: {
          error: 'PermissionError',
          type: 'permission-error',
          message: expect.stringContaining('closed to all') as string,
        },
      });
    }
  });

  it.each<[path: string, anonymous: number, user: number, operator: number]>([
    ['/public', 200, 200, 200],
    ['/open', 200, 200, 200],
    ['/stream', 200, 200, 200],
    ['/authenticated', 401, 200, 200],
    ['/operators', 401, 403, 200],
  ])(
    'returns for %s: %i to anonymous callers, %i to a user, %i to an operator',
    async (path, anonymous, user, operator) => {
      expect((await get(open, path)).status).toBe(anonymous);
      for (const headers of [bearer('alice'), { 'x-api-key': 'alice' }])
        expect((await get(open, path, headers)).status).toBe(user);
      for (const headers of [bearer('root.admin'), { 'x-api-key': 'root.system' }])
        expect((await get(open, path, headers)).status).toBe(operator);
    },
  );

  it('rejects anonymous callers on the open routes that the configuration closes, and on no others', async () => {
    expect((await get(closed, '/open')).status).toBe(401);
    expect((await get(closed, '/open', bearer('alice'))).text).toBe('alice');
    expect((await get(closed, '/public')).status).toBe(200);
    expect((await get(closed, '/stream')).status).toBe(200);
  });

  it.each([
    ['a bad token', bearer('expired'), 401],
    ['a bad API key', { 'x-api-key': 'expired' }, 401],
    ['a password', { authorization: 'Basic YTpi' }, 401],
    ['both kinds of credentials', { ...bearer('alice'), 'x-api-key': 'alice' }, 401],
    ['a token that cannot be checked now', bearer('unchecked'), 503],
  ])('reports %s on every route that authenticates callers, and on no other', async (_, headers, status) => {
    for (const path of ['/open', '/stream', '/authenticated', '/operators']) {
      const response = await get(open, path, headers);
      expect({ path, status: response.status, challenge: response.headers['www-authenticate'] }).toEqual({
        path,
        status,
        challenge: status === 401 ? 'Bearer' : undefined,
      });
    }
    expect((await get(open, '/public', headers)).text).toBe('anyone');
  });

  it('returns 500, and denies access, after an internal error', async () => {
    for (const headers of [bearer('failure'), { 'x-api-key': 'failure' }]) {
      const response = await get(open, '/open', headers);
      const body = response.body as { readonly type: string };
      expect({ status: response.status, type: body.type }).toEqual({ status: 500, type: 'internal-error' });
      expect(JSON.stringify(body)).not.toContain('secrets');
    }
  });
});
