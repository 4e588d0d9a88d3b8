import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { open } from 'lmdb';
import { eventually } from '../support/eventually.js';
import { ApiCaller, header } from '../support/api-caller.js';
import { outputOf } from '../support/command-line.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { eventsOf, Target, timelineOf } from '../support/uptime-target.js';

const FIXTURES = resolve(__dirname, '../fixtures');

interface Read {
  /** Name of the credential; null: none. */
  readonly as: string | null;
  readonly status: number;
  readonly path: string;
  /** Members, such as `timeline.endTime`, that depend on the time of the request. */
  readonly volatile: readonly string[];
  readonly body: unknown;
}

interface Write {
  readonly as: string;
  readonly status: number;
  readonly method: string;
  readonly path: string;
  readonly key: string;
  readonly body: unknown;
  readonly replayed: string | null;
  readonly volatile: readonly string[];
  readonly response: unknown;
}

interface Interval {
  readonly status: string;
  readonly startTime: string;
  readonly endTime: string;
}

interface Recorded {
  readonly killedAt: string;
  readonly restartedAt: string;
  readonly pushToken: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly reads: readonly Read[];
  readonly writes: readonly Write[];
  readonly intervals: readonly Interval[];
}

interface SampleEvent {
  /** Time of the append by the service's clock. */
  readonly created: string;
  readonly data: { readonly startedAt: string; readonly count: number };
}

interface WriteResponse {
  readonly streamName: string;
  readonly revision: number;
}

const recorded = JSON.parse(readFileSync(join(FIXTURES, 'data-0.1.0.json'), 'utf8')) as Recorded;

/** A user and a service that exist only in the read models of the fixture: rebuilt models lack them. */
const IN_TABLES_ONLY = 'only-in-the-tables';
const QUOTA = 1_000;
const EVENT_OVERHEAD_BYTES = 1_024;
const BACKUP_EVENTS = '/api/streams/service-uptime-backup/events?limit=1000';

describe('a DATA_DIR and a store of version 0.1.0 (test/fixtures/make-data-0.1.0.mjs)', () => {
  const target = new Target();
  let directory: string;
  let dataDir: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    directory = makeDataDir();
    dataDir = join(directory, 'data');
    execFileSync('tar', ['-xzf', join(FIXTURES, 'data-0.1.0.tar.gz'), '-C', directory]);
    await addRow('user-streams-v1', 'usage', IN_TABLES_ONLY, { streams: 7, bytes: 7 });
    await addRow('uptime-v2', 'services', IN_TABLES_ONLY, true);
    await target.start();
    service = await start();
  });
  afterAll(async () => {
    await ServiceProcess.killAll();
    await target.kill();
    removeDataDir(directory);
  });

  /** The clock starts ten minutes after the fixture's end, as it did where the expected responses were recorded. */
  async function start(): Promise<ServiceProcess> {
    const services = join(directory, 'services.yaml');
    writeFileSync(
      services,
      [
        'services:',
        `  - { name: shop, kind: http, url: "${target.url}", tags: [shop] }`,
        '  - { name: backup, kind: push, token: "${BACKUP_TOKEN}", interval: 1h }',
      ].join('\n'),
    );
    const started = await ServiceProcess.start({
      NODE_OPTIONS: `--import ${join(FIXTURES, 'clock-from.mjs')}`,
      CLOCK_STARTS_AT: String(Date.parse(recorded.restartedAt)),
      DATA_DIR: dataDir,
      UPTIME_SERVICES_FILE: services,
      BACKUP_TOKEN: recorded.pushToken,
      USER_QUOTA_STREAMS: String(QUOTA),
      UPTIME_INTERVAL_MS: '200',
      UPTIME_TIMEOUT_MS: '300',
      UPTIME_SAMPLE_WINDOW_MS: '1000',
    });
    const ready = await eventually(
      () => started.get('/readyz'),
      ({ status }) => status === 200,
    );
    expect(ready.status).toBe(200);
    return started;
  }

  async function addRow(model: string, table: string, key: string, value: unknown): Promise<void> {
    const root = open({ path: join(dataDir, 'read-models', model), maxDbs: 32 });
    await root.openDB({ name: `table:${table}` }).put(key, value);
    await root.close();
  }

  function callerFor(credential: string | null): ApiCaller {
    const secret = credential === null ? undefined : recorded.credentials[credential];
    return new ApiCaller(() => service.url, secret === undefined ? {} : { authorization: `Bearer ${secret}` });
  }

  it.each(recorded.reads.map((read): [string, Read] => [`${read.path} as ${read.as ?? 'nobody'}`, read]))(
    'responds as 0.1.0 did to GET %s',
    async (_, { as, status, path, volatile, body }) => {
      const reply = await callerFor(as).get(path);
      expect({ status: reply.status, body: without(asBefore(path, reply.body), volatile) }).toEqual({
        status,
        body: withMoreBytes(without(body, volatile)),
      });
    },
  );

  it('counts the reports that 0.1.0 had accepted, but not sampled', async () => {
    const { body } = await callerFor(null).get(BACKUP_EVENTS);
    const { events } = body as { events: readonly { type: string; data: { status?: string } }[] };
    expect(events.slice(1).map(({ type, data }) => [type, data.status])).toEqual([
      ['ServiceStatusChanged', 'down'],
      ['ServiceStatusChanged', 'degraded'],
      ['ServiceStatusChanged', 'down'],
    ]);
  });

  it('keeps the timeline of a service that is probed again, and records the samples spooled by 0.1.0', async () => {
    const killedAt = Date.parse(recorded.killedAt);
    const { timeline } = await eventually(
      () => timelineOf(service, 'shop'),
      (found) => found.timeline.length > recorded.intervals.length + 2,
    );
    const before = timeline.slice(1).filter(({ endTime }) => Date.parse(endTime) <= killedAt + 60_000);
    expect(before).toEqual(recorded.intervals);
    const spooled = recorded.intervals.at(-1);
    expect(killedAt - Date.parse(spooled?.endTime ?? '')).toBeLessThan(1_000);

    const samples = '/api/streams/system-probe-samples-shop/events?limit=1000';
    const recordedFromSpool = async (): Promise<readonly SampleEvent[]> =>
      ((await callerFor('admin').get(samples)).body as { events: SampleEvent[] }).events.filter(
        ({ created, data: { startedAt } }) => created >= recorded.restartedAt && startedAt < recorded.killedAt,
      );
    const events = await eventually(recordedFromSpool, (found) => found.length > 0);
    expect(events.reduce((sum, { data: { count } }) => sum + count, 0)).toBeGreaterThanOrEqual(20);
  });

  it.each(recorded.writes.map((write): [string, Write] => [`${write.method} ${write.path}`, write]))(
    'replays the response of 0.1.0 to an Idempotency-Key of %s',
    async (_, { as, method, path, key, body, status, replayed, volatile, response }) => {
      const reply = await callerFor(as).request(method, path, body, { 'idempotency-key': key });
      expect({ status: reply.status, replayed: reply.headers['idempotency-replayed'] ?? null }).toEqual({
        status,
        replayed,
      });
      expect(without(reply.body, volatile)).toEqual(without(response, volatile));
    },
  );

  it('resumes the read model of uptime, and rebuilds that of user streams, which has an index and counts more bytes', async () => {
    const token = await outputOf({ DATA_DIR: dataDir }, 'token', '--user', IN_TABLES_ONLY);
    const caller = new ApiCaller(() => service.url, { authorization: `Bearer ${token}` });
    const list = await caller.get(`/api/users/${IN_TABLES_ONLY}/streams`);
    expect(header(list, 'x-quota-streams-remaining')).toBe(String(QUOTA));
    expect((await service.get(`/api/uptime/service/${IN_TABLES_ONLY}`)).status).toBe(200);
    expect((await service.get('/api/uptime/service/in-no-table')).status).toBe(404);
    expect(service.output.filter((line) => /rebuil/i.test(line))).toEqual([]);
  });

  it('continues every stream at its next revision', async () => {
    const path = '/api/users/bob/streams/activity';
    const bob = callerFor('bob');
    const before = (await bob.get(path)).body as WriteResponse;
    const written = await bob.put(path, { data: { number: 25 } }, { 'if-match': `"${before.revision}"` });
    expect(written).toMatchObject({ status: 200, body: { revision: before.revision + 1 } });
    expect((await bob.get(path)).body).toMatchObject({ revision: before.revision + 1, data: { number: 25 } });

    const car = '/api/users/alice/streams/loans/car';
    const alice = callerFor('alice');
    expect(await alice.post(`${car}/default/restore`)).toMatchObject({ status: 404 });
    expect(await alice.post(`${car}/restore`)).toMatchObject({ status: 200, body: { revision: 3 } });
    expect((await alice.get(car)).body).toMatchObject({ data: { status: 'active' } });

    const length = (await eventsOf(service, 'backup')).length;
    const report = await new ApiCaller(() => service.url, {
      authorization: `Bearer ${recorded.pushToken}`,
    }).post('/api/uptime/push/backup', { status: 'up' });
    expect(report.status).toBe(200);
    expect(length).toBeGreaterThan(0);
  });

  it('can be reopened with the data that both versions wrote', async () => {
    expect(await service.stop()).toBe(0);
    service = await start();
    const bob = callerFor('bob');
    const history = await bob.get('/api/users/bob/streams/activity/default/history?direction=backwards&limit=3');
    expect((history.body as { events: { data: { data?: unknown } }[] }).events.map(({ data }) => data.data)).toEqual([
      { number: 25 },
      { number: 24 },
      { number: 23 },
    ]);
  });
});

/**
 * Without what was added since: tags of services and the mark of one that is not configured, and the reports that 0.1.0
 * had not sampled.
 */
function asBefore(path: string, body: unknown): unknown {
  if (path.includes('/archive?'))
    return JSON.parse(JSON.stringify(body), (name, value: unknown) =>
      (name === 'removed' && value === true) || name === 'tags' ? undefined : value,
    );
  const copy = structuredClone(body) as { events?: unknown[] };
  if (path === BACKUP_EVENTS) copy.events?.splice(1);
  return copy;
}

/** With bytes of user streams as they are counted today: with 1,024 for each event. */
function withMoreBytes(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body), (name, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('bytes' in value) || !('events' in value)) return value;
    return { ...value, bytes: moreThan(Number(value.bytes) + EVENT_OVERHEAD_BYTES * Number(value.events)) };
  });
}

/** Matches numbers above, by the data of the other events and by the metadata. */
function moreThan(bytes: number): unknown {
  return {
    asymmetricMatch: (actual: unknown) =>
      typeof actual === 'number' && actual > bytes && actual < 2 * bytes + 5 * EVENT_OVERHEAD_BYTES,
    toString: () => `more than ${bytes}`,
  };
}

/** A copy without the members at these paths. */
function without(body: unknown, paths: readonly string[]): unknown {
  const copy = structuredClone(body);
  for (const path of paths) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let parent = copy as Record<string, unknown> | undefined;
    for (const name of names) parent = parent?.[name] as Record<string, unknown> | undefined;
    if (parent) delete parent[last];
  }
  return copy;
}
