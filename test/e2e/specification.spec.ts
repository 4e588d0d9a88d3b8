/* eslint-disable max-lines -- one test for each statement of one document, in its order */
import {
  ConnectionError,
  type RecordedEvent,
  StreamNotFoundError,
  WrongExpectedRevisionError,
} from '../../src/event-store/domain/index.js';
import { readDocument } from '../docs/curl-samples.js';
import { ApiCaller, errorOf, header, type Reply } from '../support/api-caller.js';
import { connect } from '../support/connected-store.js';
import { eventually } from '../support/eventually.js';
import { run, specification, typeErrors } from '../support/specification.js';
import { ALICE, type Json, type Page, SERVICES, SpecifiedService, TYPES } from '../support/specified-service.js';

const aTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const aNumber = expect.any(Number) as number;

describe('the specification (test/fixtures/streams-api.md), statement by statement', () => {
  const service = new SpecifiedService();
  beforeAll(() => service.start(), 90_000);
  afterAll(() => service.stop());

  const statements = specification();
  let next = 0;
  /** Declares the test of the next statement. @param beginning of it, so that each test stands beside its words */
  const take = (beginning: string): string => {
    const statement = statements[next++];
    if (statement === undefined || !statement.text.startsWith(beginning))
      throw new Error(`The next statement is '${statement?.text}', not '${beginning}'`);
    return statement.text;
  };
  const titleOf = (text: string): string =>
    `${statements[next - 1]?.section}: ${text.split('\n').slice(0, 3).join(' ')}`;
  const says = (beginning: string, check: (statement: string) => Promise<void> | void): void => {
    const text = take(beginning);
    it(titleOf(text), async () => {
      await check(text);
    });
  };
  /** A statement about a part that this service does not have yet. */
  const isToCome = (beginning: string): void => it.todo(titleOf(take(beginning)));

  const exists = async (name: string): Promise<void> => expect(await service.store.streamExists(name)).toBe(true);

  // Overview
  says('This document describes all the streams', async () => {
    for (const { streamId } of await service.events())
      expect(streamId).toMatch(/^(service-uptime-[a-z]+|user-alice-[a-z]+(-[a-z]+)?|system-[a-z-]+|connection-test)$/);
  });
  says('The backend service uses KurrentDB as an event store', async () => {
    const eventId = expect.stringMatching(/^evt_\d+_[0-9a-z]+$/) as string;
    for (const event of await service.events())
      expect(event).toMatchObject({ data: expect.any(Object) as object, metadata: { eventId, timestamp: aTime } });
  });
  says('**Uptime Streams**: `service-uptime-{serviceName}`', () => exists('service-uptime-http'));
  says('**User Data Streams**: `user-{userId}-{type}-{category}`', () => exists('user-alice-profile-work'));
  says('**System Streams**: `system-{purpose}`', () => exists('system-prober-lease'));

  // Service uptime streams
  says('service-uptime-{serviceName}', async (pattern) => {
    for (const name of SERVICES) await exists(pattern.replace('{serviceName}', name));
  });
  for (const name of SERVICES)
    says(`\`service-uptime-${name}\``, async () => {
      const { events } = await service.page(`service-uptime-${name}`);
      expect(events.map(({ type }) => type).slice(0, 2)).toEqual(['StreamCreated', 'ServiceStatusChanged']);
    });
  says('{\n  name: string', async (type) => {
    for (const name of SERVICES) {
      const { specified: own } = await service.metadata(`service-uptime-${name}`);
      expect(
        typeErrors(type, own, [
          ['Date', 'string'],
          ['serviceName', `'${name}'`],
        ]),
      ).toEqual([]);
      expect(own).toMatchObject({ name: `service-uptime-${name}`, metadata: { version: 1 } });
    }
  });
  says('{\n  type: "StreamCreated"', async (shape) => {
    const { type, data } = await service.firstOf('service-uptime-http', 'StreamCreated');
    expect(typeErrors(shape, { type, data })).toEqual([]);
    expect(data).toMatchObject({ tags: ['uptime', 'monitoring', 'http'], owner: 'system', data: {} });
    const [created] = (await service.page('user-alice-profile-work')).events;
    expect(typeErrors(shape, { type: created?.type, data: created?.data })).toEqual([]);
    expect(created?.data).toMatchObject({
      tags: ['user', 'profile', 'work', 'public', 'own'],
      owner: 'alice',
      data: {},
    });
  });
  says('{\n  type: "ServiceStatusChanged"', async (shape) => {
    for (const name of SERVICES)
      for (const { type, data } of await service.eventsOf(`service-uptime-${name}`, 'ServiceStatusChanged'))
        expect(typeErrors(shape, { type, data })).toEqual([]);
  });
  says('{\n  "type": "ServiceStatusChanged"', async (example) => {
    await service.store.createStream({ name: 'service-uptime-example', description: '', owner: 'system' });
    const event = JSON.parse(example) as { type: string; data: Json & { eventId: string; timestamp: string } };
    const { eventId, timestamp } = event.data;
    await service.store.appendToStream('service-uptime-example', { ...event, eventId, timestamp });
    const read = await service.firstOf('service-uptime-example', 'ServiceStatusChanged');
    expect(read).toMatchObject({ ...event, eventId, timestamp });
    expect((await service.page('service-uptime-example')).events[1]).toMatchObject({ ...event, eventId, timestamp });
    // Understood, not only stored.
    const { body } = await eventually(
      () => service.anyone.get('/api/uptime/service/example'),
      ({ status }) => status === 200,
    );
    expect(body).toMatchObject({ service: { serviceName: 'example', lastStatusChange: timestamp } });
  });

  // User data streams
  says('user-{userId}-{type}-{category}', async (pattern) => {
    const name = Object.entries({ userId: 'alice', type: 'profile', category: 'work' }).reduce(
      (before, [part, value]) => before.replace(`{${part}}`, value),
      pattern,
    );
    expect((await service.as('alice').get(`${ALICE}/profile/work`)).body).toMatchObject({ streamName: name });
  });
  for (const type of TYPES)
    says(`\`user-{userId}-${type}\``, async () => {
      expect((await service.as('alice').get(`${ALICE}/${type}`)).body).toMatchObject({
        streamName: `user-alice-${type}`,
        type,
      });
    });
  says('{\n  name: string', async (type) => {
    const [choice, tag] = ["isPublic ? ['*'] : [userId]", "isPublic ? 'public' : 'private'"];
    const check = async (category: string, isPublic: boolean): Promise<void> => {
      const { specified: own } = await service.metadata(
        `user-alice-profile${category === 'default' ? '' : `-${category}`}`,
      );
      const { tags } = own.metadata as { readonly tags: readonly string[] };
      const standard = { ...own, metadata: { ...(own.metadata as Json), tags: tags.slice(0, 4) } };
      const replaced = [
        ['Date', 'string'],
        [choice, isPublic ? "['*']" : "['alice']"],
        [tag, isPublic ? "'public'" : "'private'"],
        ['type, category', `'profile', '${category}'`],
        ['userId', "'alice'"],
      ] as const;
      expect(typeErrors(type, standard, replaced)).toEqual([]);
      const shown = (await service.as('alice').get(`${ALICE}/profile/${category}/metadata`)).body;
      expect(shown).toMatchObject({ tags, owner: 'alice', permissions: own.permissions });
    };
    await check('default', false);
    await check('work', true);
    for (const isPublic of [false, true]) {
      await service
        .as('alice')
        .patch(`${ALICE}/profile/work/metadata`, { visibility: isPublic ? 'public' : 'private' });
      await check('work', isPublic);
      const { body } = await service.as('alice').get(`${ALICE}?tag=${isPublic ? 'public' : 'private'}&category=work`);
      expect((body as { streams: unknown[] }).streams).toHaveLength(1);
    }
  });
  says("{\n  type: 'UserDataUpdated'", async (shape) => {
    const { type, data } = await service.firstOf('user-alice-profile', 'UserDataUpdated');
    expect(typeErrors(shape, { type, data })).toEqual([]);
    expect(data).toMatchObject({ userId: 'alice', type: 'profile', category: 'default', isPublic: false });
  });

  // System streams
  says('system-{purpose}', async (pattern) => {
    for (const purpose of ['prober-lease', 'probe-samples-http']) await exists(pattern.replace('{purpose}', purpose));
  });
  says('`system-health-check`', async () => {
    expect(await service.anyone.get('/health/kurrentdb')).toMatchObject({ status: 200 });
    expect((await service.firstOf('system-health-check', 'ConnectionTested')).data).toEqual({});
    // Temporary: the latest ones are kept.
    expect(await service.storedMetadata('system-health-check')).toMatchObject({ $maxCount: aNumber });
  });
  says('`connection-test`', async () => {
    expect(await service.anyone.get('/api/uptime/test-kurrentdb')).toMatchObject({ status: 200 });
    await exists('connection-test');
  });

  // API endpoints
  let reply: Reply;
  const requested = async (http: string): Promise<void> => {
    const [method = '', path = ''] = http.split(' ');
    reply = await service.anyone.request(method, path);
    expect(reply.status).toBe(200);
  };
  says('POST /api/uptime/create-streams', requested);
  says('{\n  "timestamp"', (example) => {
    expect(reply.body).toEqual({ ...(JSON.parse(example) as Json), timestamp: aTime });
  });
  says('GET /api/uptime/test-kurrentdb', requested);
  says('{\n  "timestamp"', (example) => {
    const { results, ...rest } = JSON.parse(example) as Json & { results: Json };
    const timed = { ...results, responseTime: aNumber };
    expect(reply.body).toEqual({ ...rest, timestamp: aTime, results: timed });
  });

  // Event schema definitions
  let baseEvent = '';
  const baseOf = ({ type, data, metadata, timestamp, eventId }: RecordedEvent): Json =>
    JSON.parse(JSON.stringify({ type, data, metadata, timestamp, eventId })) as Json;
  says('interface BaseEvent', async (type) => {
    baseEvent = type;
    for (const name of ['service-uptime-http', 'user-alice-loans', 'system-probe-samples-http', 'system-prober-lease'])
      for (const event of await service.store.readStream(name, { limit: 10 }))
        expect(typeErrors(type, baseOf(event))).toEqual([]);
  });
  says('interface ServiceUptimeEvent', async (type) => {
    for (const name of SERVICES)
      for (const event of await service.eventsOf(`service-uptime-${name}`, 'ServiceStatusChanged'))
        expect(typeErrors(`${baseEvent}\n${type}`, baseOf(event))).toEqual([]);
  });
  says('interface UserDataEvent', async (type) => {
    for (const event of await service.eventsOf('user-alice-offers', 'UserDataUpdated'))
      expect(typeErrors(`${baseEvent}\n${type}`, baseOf(event))).toEqual([]);
  });

  // Stream operations
  says('// Read all events', async (samples) => {
    const [all = '', some = ''] = samples.split('\n\n');
    const revisions = async (sample: string): Promise<bigint[]> =>
      ((await run(sample, service.store)) as RecordedEvent[]).map(({ revision }) => revision);
    expect(await revisions(all)).toEqual(Array.from({ length: 100 }, (_, n) => BigInt(n)));
    expect(await revisions(some)).toEqual(Array.from({ length: 50 }, (_, n) => BigInt(n + 10)));
  });
  says('// Append a service status change event', async (sample) => {
    await run(sample, service.store);
    const appended = (await service.page('service-uptime-http', '?direction=backwards&limit=20')).events.find(
      ({ metadata }) => (metadata as Json).source === 'health-check',
    );
    expect(appended).toMatchObject({
      type: 'ServiceStatusChanged',
      data: { serviceName: 'http', status: 'up', responseTime: 45, performanceGrade: 'excellent' },
    });
  });
  says('// Create a new uptime stream', async (sample) => {
    expect(await run(sample, service.store)).toEqual({ streamName: 'service-uptime-newservice', created: true });
    const data = { streamName: 'service-uptime-newservice', tags: ['uptime', 'monitoring', 'newservice'], data: {} };
    expect(await service.eventsOf('service-uptime-newservice', 'StreamCreated')).toMatchObject([{ data }]);
    const { specified: own } = await service.metadata('service-uptime-newservice');
    expect(own).toMatchObject({ name: data.streamName, data: {}, metadata: { owner: 'system', tags: data.tags } });
  });

  // Performance considerations
  says('Maximum event data size: 1MB', async () => {
    const put = (bytes: number): Promise<Reply> =>
      service.as('alice').put(`${ALICE}/loans/large`, { data: { note: 'x'.repeat(bytes) } });
    expect((await put(1_000_000)).status).toBe(201);
    expect(await put(1_100_000)).toMatchObject({ status: 413, body: { type: 'event-too-large' } });
    const event = { type: 'Noted', data: { note: 'x'.repeat(1_100_000) } };
    await expect(service.store.appendToStream('service-uptime-http', event)).rejects.toThrow('1048576');
  });
  says('Recommended event data size: < 100KB', async () => {
    const warning = async (bytes: number): Promise<string> =>
      header(
        await service.as('alice').put(`${ALICE}/loans/large`, { data: { note: 'x'.repeat(bytes) } }),
        'x-event-size-warning',
      );
    expect(await warning(90_000)).toBe('');
    expect(await warning(110_000)).not.toBe('');
  });
  says('Maximum events per stream: Unlimited', async () => {
    for (const name of ['service-uptime-http', 'user-alice-profile']) {
      const stored = Object.keys(await service.storedMetadata(name));
      for (const limit of ['$maxCount', '$maxAge', '$tb']) expect(stored).not.toContain(limit);
    }
  });
  says('Use pagination for large result sets', async () => {
    const revisions: unknown[] = [];
    let from: number | null = 0;
    for (let pages = 0; from !== null && pages < 5; pages++) {
      const page: Page = await service.page('service-uptime-http', `?from=${from}&limit=20`);
      revisions.push(...page.events.map(({ revision }) => revision));
      from = page.nextFrom;
    }
    expect(revisions).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });
  says('Consider using `from` parameter', async () => {
    const { events } = await service.page('service-uptime-http', '?from=7&limit=1');
    expect(events).toMatchObject([{ revision: 7 }]);
    expect(await service.store.readStream('service-uptime-http', { from: 7, limit: 1 })).toMatchObject([
      { revision: 7n },
    ]);
  });
  says('Use appropriate `limit` values (default: 100)', async () => {
    expect((await service.page('service-uptime-http')).events).toHaveLength(100);
    expect(await service.store.readStream('service-uptime-http')).toHaveLength(100);
  });
  says('Events are appended atomically', async () => {
    const { length } = await service.eventsOf('service-uptime-http', 'Noted');
    const valid = { type: 'Noted', data: {} };
    await expect(
      service.store.appendToStream('service-uptime-http', [valid, { type: '', data: {} }]),
    ).rejects.toThrow();
    const late = service.store.appendToStream('service-uptime-http', [valid, valid], { expectedRevision: 0n });
    await expect(late).rejects.toThrow(WrongExpectedRevisionError);
    expect(await service.eventsOf('service-uptime-http', 'Noted')).toHaveLength(length);
  });
  says('Use batch operations when possible', async () => {
    const events = [{ data: { action: 'a' } }, { data: { action: 'b' } }];
    const appended = await service.as('alice').post(`${ALICE}/activity/batch/events`, { events });
    expect(appended).toMatchObject({ status: 201, body: { revision: 2 } });
    const writes = ['loans', 'offers'].map((type) => ({ type, category: 'batch', data: {} }));
    expect(await service.as('alice').post(`${ALICE}/batch`, { writes })).toMatchObject({ status: 200 });
  });
  isToCome('Consider event compression for large payloads');

  // Error handling
  says('**Stream Not Found**', async () => {
    await expect(service.store.readStream('service-uptime-printer')).rejects.toThrow(StreamNotFoundError);
    expect((await service.anyone.get('/api/streams/service-uptime-printer/events')).status).toBe(404);
  });
  says('**Connection Errors**', async () => {
    const nowhere = connect('kurrentdb://127.0.0.1:1?tls=false', 1_000);
    await expect(nowhere.store.readStream('service-uptime-http')).rejects.toThrow(ConnectionError);
    await nowhere.clients.close();
  });
  says('**Authentication Errors**', async () => {
    const wrong = new ApiCaller(() => service.process.url, { authorization: 'Bearer wrong' });
    expect(await wrong.get(`${ALICE}/profile`)).toMatchObject({ status: 401, body: { type: 'authentication-error' } });
  });
  says('**Permission Errors**', async () => {
    expect(await service.as('bob').put(`${ALICE}/profile`, { data: {} })).toMatchObject({
      status: 403,
      body: { type: 'permission-error', streamName: 'user-alice-profile' },
    });
  });
  says('{\n  "error": "StreamNotFoundError"', async (example) => {
    const expected = JSON.parse(example.replaceAll('service-uptime-http', 'service-uptime-printer')) as Json;
    const { requestId, ...error } = errorOf(await service.anyone.get('/api/streams/service-uptime-printer/events'));
    expect(error).toEqual(expected);
    expect(requestId).not.toBe('');
    // The message names the known services, too.
    const message = expect.stringContaining(String(expected.message)) as string;
    const unknown = errorOf(await service.anyone.get('/api/uptime/service/printer'));
    expect(unknown).toEqual({ ...expected, message, requestId: unknown.requestId });
  });

  // Monitoring and observability
  const shown = async (): Promise<Json> =>
    (await service.as('alice').get(`${ALICE}/profile/default/metadata`)).body as Json;
  says('Total number of streams', async () => {
    const list = await service.as('alice').get(`${ALICE}?limit=1000`);
    const { length } = (list.body as { readonly streams: readonly unknown[] }).streams;
    expect(header(list, 'x-quota-streams-remaining')).toBe(String(1_000 - length));
  });
  says('Active streams count', async () => {
    await service.as('alice').put(`${ALICE}/offers/old`, { data: {} });
    await service.as('alice').delete(`${ALICE}/offers/old`);
    for (const [status, count] of [
      ['active', 0],
      ['deleted', 1],
    ] as const) {
      const { body } = await service.as('alice').get(`${ALICE}?status=${status}&category=old`);
      expect((body as { readonly streams: readonly unknown[] }).streams).toHaveLength(count);
    }
  });
  says('Total events per stream', async () => expect(await shown()).toMatchObject({ events: 2, revision: 1 }));
  says('Stream size in bytes', async () => expect(Number((await shown()).bytes)).toBeGreaterThan(100));
  says('Last event timestamp', async () => {
    const { timestamp } = await service.firstOf('user-alice-profile', 'UserDataUpdated');
    expect(await shown()).toMatchObject({ updatedAt: timestamp });
  });
  says('Connection status', async () => {
    expect((await service.anyone.get('/health')).body).toMatchObject({ details: { kurrentdb: { status: 'up' } } });
  });
  says('Response times', async () => {
    expect((await service.anyone.get('/health')).body).toMatchObject({
      details: { kurrentdb: { responseTime: aNumber } },
    });
  });
  isToCome('Error rates');
  says('Stream availability', async () => {
    expect((await service.anyone.get('/readyz')).body).toMatchObject({
      details: { uptime: { services: 3, status: 'up' }, userStreams: { status: 'up' } },
    });
  });

  // Security considerations
  const statusesOf = async (path: string): Promise<number[]> => {
    const callers = [service.anyone, service.as('bob'), service.as('alice'), service.as('system')];
    return (await Promise.all(callers.map((caller) => caller.get(path)))).map(({ status }) => status);
  };
  says('System streams: Read/Write access for system user only', async () => {
    expect(await statusesOf('/api/streams/system-probe-samples-http/events')).toEqual([404, 404, 404, 200]);
    const $acl = { $r: ['$admins'], $w: ['$admins'], $d: ['$admins'], $mr: ['$admins'], $mw: ['$admins'] };
    for (const name of ['system-probe-samples-http', 'system-health-check', 'service-uptime-http'])
      expect(await service.storedMetadata(name)).toMatchObject({ $acl });
  });
  says('User streams: Read/Write access for specific user', async () => {
    expect(await statusesOf(`${ALICE}/profile`)).toEqual([404, 404, 200, 200]);
    expect((await service.as('bob').put(`${ALICE}/profile`, { data: {} })).status).toBe(403);
  });
  says('Public streams: Read access for all users', async () => {
    expect(await statusesOf(`${ALICE}/profile/work`)).toEqual([200, 200, 200, 200]);
    expect((await service.as('bob').put(`${ALICE}/profile/work`, { data: {} })).status).toBe(403);
  });
  says('User data streams are private by default', async () => {
    await service.as('bob').post('/api/users/bob/streams', { type: 'loans' });
    expect(await statusesOf('/api/users/bob/streams/loans')).toEqual([404, 200, 404, 200]);
  });
  isToCome('Sensitive data should be encrypted before storage');
  isToCome('Audit logs for all stream operations');

  // Migration and versioning
  says('Streams use semantic versioning in metadata', async () => {
    for (const name of ['service-uptime-http', 'user-alice-profile', 'system-prober-lease']) {
      const { specified, schemaVersion } = await service.metadata(name);
      expect(schemaVersion).toMatch(/^\d+\.\d+\.\d+$/);
      expect(specified.metadata).toMatchObject({ version: Number(String(schemaVersion).split('.')[0]) });
    }
  });
  says('Backward compatibility maintained for event schemas', async () => {
    // As version 0.1.0 wrote them.
    const createdAt = '2026-01-01T12:00:00.000Z';
    const created = {
      streamName: 'service-uptime-old',
      description: '',
      tags: ['uptime', 'old'],
      owner: 'system',
      createdAt,
    };
    await service.store.appendToStream('service-uptime-old', {
      type: 'StreamCreated',
      data: { ...created, data: null },
    });
    const metadata = { createdAt, updatedAt: createdAt, version: '1.0.0', tags: ['uptime', 'old'], owner: 'system' };
    await service.store.setStreamMetadata('service-uptime-old', { name: 'service-uptime-old', metadata });
    const [event] = await service.store.readStream('service-uptime-old');
    expect(event).toMatchObject({ data: { ...created, data: null } });
    expect(event).not.toHaveProperty('problem');
    expect((await service.page('service-uptime-old')).events).toMatchObject([{ data: { ...created, data: null } }]);
    expect((await service.store.getStreamMetadata('service-uptime-old')).metadata).toMatchObject({ metadata });
  });
  isToCome('Migration scripts for schema changes');
  isToCome('Export/import functionality for stream data');
  says('Backup and restore procedures', () => {
    expect(readDocument('docs/backup.md')).toContain('\n## Restore\n');
  });
  isToCome('Cross-environment data synchronization');
  says('_This documentation is automatically generated', async () => {
    // The part that is: the documentation of the API comes from the code.
    const { paths } = (await service.anyone.get('/api/docs-json')).body as { readonly paths: Json };
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/api/uptime/create-streams', '/api/uptime/test-kurrentdb']),
    );
  });

  it('has a test for each statement', () => {
    expect(statements.slice(next)).toEqual([]);
  });
});
