import { type INestApplication } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { type Server } from 'node:http';
import supertest from 'supertest';
import { APP_CONFIG, loadConfig } from '../../src/config/index.js';
import {
  AuthenticationError,
  EventRegistry,
  type AuthenticatedCaller,
  type Role,
  StreamCreated,
} from '../../src/event-store/domain/index.js';
import { ReadModels } from '../../src/event-store/index.js';
import { RequestValidationPipe } from '../../src/http/validation/request-validation.pipe.js';
import { LIVE_SERVICES, type LiveServices, type ProbeTarget, ServiceReported } from '../../src/uptime/domain/index.js';
import { PushController } from '../../src/uptime/probing/push/push.controller.js';
import { PushReports } from '../../src/uptime/probing/push/push-reports.js';
import { startGuardedApp } from '../support/guarded-app.js';
import { MemoryEventStore } from '../support/memory-event-store.js';
import { HTTP, ManualClock } from '../support/probed-service.js';

const TOKEN = 'tok-3n.of~backup';
const TARGETS: Readonly<Record<string, ProbeTarget>> = {
  http: HTTP.target,
  backup: { kind: 'push', token: TOKEN },
  mail: { kind: 'push' },
};

const SERVICES: LiveServices = {
  monitors: new Map(
    Object.entries(TARGETS).map(([name, target]) => [
      name,
      { service: { ...HTTP, name, target }, latestChanges: [], covered: [], lastProbe: undefined },
    ]),
  ),
  listen: () => () => undefined,
};

/** Test tokens: `{name}` or `{name}_{role}`; the token of a service is not one of them. */
function callerOf(token: string): AuthenticatedCaller {
  const [id = '', role] = token.split('_');
  if (id.startsWith('tok')) throw new AuthenticationError('The token cannot be read; get a new one');
  return { kind: 'known', id, roles: new Set(['user', ...(role === undefined ? [] : [role as Role])]) };
}

describe('POST /api/uptime/push/{name}', () => {
  const clock = new ManualClock();
  let store: MemoryEventStore;
  let app: INestApplication<Server>;
  const push = (name: string, token?: string, body?: object): supertest.Test => {
    const request = supertest(app.getHttpServer())
      .post(`/api/uptime/push/${name}`)
      .set(token === undefined ? {} : { authorization: `Bearer ${token}` });
    return body === undefined ? request : request.send(body);
  };
  const reportsOf = (name: string): unknown[] =>
    store.eventsOf(`system-probe-reports-${name}`, 'ServiceReported').map(({ data }) => data);

  beforeEach(async () => {
    const registry = new EventRegistry();
    for (const definition of [StreamCreated, ServiceReported]) registry.register(definition);
    store = new MemoryEventStore(registry);
    app = await startGuardedApp(callerOf, {
      controllers: [PushController],
      providers: [
        { provide: APP_CONFIG, useValue: loadConfig({}) },
        { provide: LIVE_SERVICES, useValue: SERVICES },
        {
          provide: PushReports,
          useValue: new PushReports({
            store,
            models: new ReadModels(store, 'unused'),
            clock,
            random: (length) => 'a'.repeat(length),
          }),
        },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
      ],
    });
  });
  afterEach(() => app.close());

  it('accepts the token of the service, and records "up" without a body', async () => {
    const response = await push('backup', TOKEN);
    expect({ status: response.status, body: response.body as unknown }).toEqual({
      status: 200,
      body: {
        timestamp: '2026-01-01T12:00:00.000Z',
        serviceName: 'backup',
        eventId: `evt_${clock.now()}_aaaaaaaaaaaaaaaa`,
        nextDue: '2026-01-01T12:00:15.000Z',
      },
    });
    expect(reportsOf('backup')).toEqual([{ serviceName: 'backup', status: 'up' }]);
  });

  it('records the report in the body', async () => {
    expect((await push('backup', TOKEN, { status: 'down', message: 'no space left', responseTime: 42 })).status).toBe(
      200,
    );
    expect(reportsOf('backup')).toEqual([
      { serviceName: 'backup', status: 'down', message: 'no space left', responseTime: 42 },
    ]);
  });

  it.each<[name: string, target: string, nobody: number, user: number, operator: number, token: number]>([
    ['a service with a token', 'backup', 401, 403, 403, 200],
    ['a service without one', 'mail', 401, 403, 200, 401],
    ['a service of another kind', 'http', 401, 403, 404, 401],
    ['an unknown service', 'nothing', 401, 403, 404, 401],
    ['an invalid name', '__proto__', 401, 403, 404, 401],
  ])(
    'for %s (%s) returns %i without credentials, %i to a user, %i to an operator, %i to the token of a service',
    async (_, target, nobody, user, operator, token) => {
      expect((await push(target)).status).toBe(nobody);
      expect((await push(target, 'alice')).status).toBe(user);
      for (const role of ['admin', 'system']) expect((await push(target, `root_${role}`)).status).toBe(operator);
      expect((await push(target, TOKEN)).status).toBe(token);
      expect((await push(target, `${TOKEN}x`)).status).toBe(401);
    },
  );

  it('does not reveal to a wrong token whether the service exists', async () => {
    const [existing, missing] = await Promise.all([push('backup', 'tok-wrong'), push('nothing', 'tok-wrong')]);
    const messages = [existing, missing].map(({ body }) => (body as { message: string }).message);
    expect(messages[1]).toBe(messages[0]?.replace("'backup'", "'nothing'"));
    expect({ ...(existing.body as object), message: '', requestId: '' }).toEqual({
      ...(missing.body as object),
      message: '',
      requestId: '',
    });
  });

  it('says to a wrong token, and to a wrong name, what it is not', async () => {
    const messageOf = async (name: string, token: string): Promise<string> =>
      ((await push(name, token)).body as { message: string }).message;
    expect(await messageOf('backup', 'tok-wrong')).toBe(
      "This is not the token of a push service 'backup': compare the name in the URL and the token with the services " +
        'file. Only a service without a token is reported by the role admin or system; ' +
        'as credentials of a caller: The token cannot be read; get a new one',
    );
    expect(await messageOf('bakcup', TOKEN)).toMatch(/^This is not the token of a push service 'bakcup': /);
    expect(await messageOf('backup', 'alice')).toMatch(/^This is not the token of a push service 'backup': /);
    expect(await messageOf('backup', 'root_admin')).toBe(
      "The service 'backup' has a token in the services file: send it, no role replaces it",
    );
  });

  it('names the push services to operators only', async () => {
    expect((await push('bakcup', 'root_admin')).body).toMatchObject({
      message:
        "There is no service of kind 'push' with this name; did you mean 'backup'? Known are backup, mail. " +
        'Configure it in the services file',
    });
    for (const token of [undefined, 'tok-wrong', 'alice', TOKEN])
      expect(JSON.stringify((await push('bakcup', token)).body)).not.toMatch(/'backup'|mail/);
  });

  it.each<[wrong: string, body: object, path: string]>([
    ['an unknown status', { status: 'fine' }, 'status'],
    ['null', { status: null }, 'status'],
    ['a message that is not a string', { message: 1 }, 'message'],
    ['a message with control characters', { message: 'a\u0007b' }, 'message'],
    ['a message that is too long', { message: 'a'.repeat(201) }, 'message'],
    ['a negative time', { responseTime: -1 }, 'responseTime'],
    ['a time with fractions', { responseTime: 1.5 }, 'responseTime'],
    ['an unknown member', { state: 'up' }, 'state'],
  ])('rejects %s', async (_, body, path) => {
    const response = await push('backup', TOKEN, body);
    expect({ status: response.status, body: response.body as unknown }).toMatchObject({
      status: 400,
      body: {
        type: 'validation-error',
        details: { mistakes: expect.arrayContaining([expect.objectContaining({ path })]) as unknown },
      },
    });
    expect(reportsOf('backup')).toEqual([]);
  });

  it('checks the authorization before it validates the report', async () => {
    expect((await push('backup', undefined, { status: 'fine' })).status).toBe(401);
  });

  it('returns 503 if the report was not recorded', async () => {
    store.goAway();
    const response = await push('backup', TOKEN);
    expect({ status: response.status, retryAfter: response.headers['retry-after'] }).toEqual({
      status: 503,
      retryAfter: '5',
    });
  });
});
