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

const nameOf = (caller: Caller): string => (caller.kind === 'known' ? caller.id : 'nobody');

@Controller('closed')
class ClosedController {
  @Get()
  answer(): string {
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
  if (id === 'fault') throw new TypeError('a fault with secrets in it');
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

  const ask = (app: INestApplication<Server>, path: string, headers: Record<string, string> = {}): supertest.Test =>
    supertest(app.getHttpServer()).get(path).set(headers);
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

  it('denies a route without an access policy to every caller', async () => {
    for (const headers of [{}, bearer('alice'), bearer('root.system')]) {
      const answer = await ask(open, '/closed', headers);
      expect({ status: answer.status, body: answer.body as unknown }).toMatchObject({
        status: 403,
        body: {
          error: 'PermissionError',
          type: 'permission-error',
          message: expect.stringContaining('closed to all') as string,
        },
      });
    }
  });

  it.each<[path: string, nobody: number, user: number, operator: number]>([
    ['/public', 200, 200, 200],
    ['/open', 200, 200, 200],
    ['/stream', 200, 200, 200],
    ['/authenticated', 401, 200, 200],
    ['/operators', 401, 403, 200],
  ])('returns for %s: %i to nobody, %i to a user, %i to an operator', async (path, nobody, user, operator) => {
    expect((await ask(open, path)).status).toBe(nobody);
    for (const headers of [bearer('alice'), { 'x-api-key': 'alice' }])
      expect((await ask(open, path, headers)).status).toBe(user);
    for (const headers of [bearer('root.admin'), { 'x-api-key': 'root.system' }])
      expect((await ask(open, path, headers)).status).toBe(operator);
  });

  it('rejects anonymous callers on the open routes that the configuration closes, and on no others', async () => {
    expect((await ask(closed, '/open')).status).toBe(401);
    expect((await ask(closed, '/open', bearer('alice'))).text).toBe('alice');
    expect((await ask(closed, '/public')).status).toBe(200);
    expect((await ask(closed, '/stream')).status).toBe(200);
  });

  it.each([
    ['a bad token', bearer('expired'), 401],
    ['a bad API key', { 'x-api-key': 'expired' }, 401],
    ['a password', { authorization: 'Basic YTpi' }, 401],
    ['both kinds of credentials', { ...bearer('alice'), 'x-api-key': 'alice' }, 401],
    ['a token that cannot be checked now', bearer('unchecked'), 503],
  ])('reports %s on every route that authenticates callers, and on no other', async (_, headers, status) => {
    for (const path of ['/open', '/stream', '/authenticated', '/operators']) {
      const answer = await ask(open, path, headers);
      expect({ path, status: answer.status, challenge: answer.headers['www-authenticate'] }).toEqual({
        path,
        status,
        challenge: status === 401 ? 'Bearer' : undefined,
      });
    }
    expect((await ask(open, '/public', headers)).text).toBe('anyone');
  });

  it('returns 500, and denies access, after an internal error', async () => {
    for (const headers of [bearer('fault'), { 'x-api-key': 'fault' }]) {
      const answer = await ask(open, '/open', headers);
      const body = answer.body as { readonly type: string };
      expect({ status: answer.status, type: body.type }).toEqual({ status: 500, type: 'internal-error' });
      expect(JSON.stringify(body)).not.toContain('secrets');
    }
  });
});
