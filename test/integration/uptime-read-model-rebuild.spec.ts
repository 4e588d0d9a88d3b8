import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'lmdb';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AllSubscriptionOptions,
  type EventBatch,
  type EventSubscription,
} from '../../src/event-store/domain/index.js';
import { type KurrentDBService } from '../../src/event-store/kurrentdb/kurrentdb.service.js';
import { ReadModel } from '../../src/event-store/read-models/read-model.js';
import { ReadModels } from '../../src/event-store/read-models/read-models.js';
import { type RebuildProgress } from '../../src/event-store/read-models/rebuild.js';
import { DAY_MS } from '../../src/uptime/domain/index.js';
import { uptimeReadModel, UptimeReadModel } from '../../src/uptime/history/read-model/uptime-read-model.js';
import { historyOf } from '../support/generated-history.js';
import { seededRandom } from '../support/seeded-random.js';
import { useStore } from '../support/connected-store.js';
import { appendHistory, uptimeStore } from '../support/uptime-store.js';

const FROM = Date.UTC(2026, 1, 1);
/** Exceeds the retention of minutes and of hours. */
const DAYS = 66;
const DIRECTORY = `uptime-v${uptimeReadModel.version}`;

describe('the rebuilt read model of uptime', () => {
  const connected = useStore();
  let store: KurrentDBService;
  let directory: string;
  const random = seededRandom(20_260_201);
  const services = [DAYS, 4].map((days, index) => ({
    name: `service${index}-${randomBytes(4).toString('hex')}`,
    days,
  }));

  beforeAll(() => {
    store = uptimeStore(connected.clients);
    directory = mkdtempSync(join(tmpdir(), 'uptime-rebuild-'));
  });
  const opened: ReadModel[] = [];
  afterEach(async () => {
    for (const model of opened.splice(0)) await model.stop();
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** The store with subscription batches of one to four events, as in a running service. */
  const inSmallBatches = (): Pick<KurrentDBService, 'subscribeToAll' | 'identity'> => ({
    identity: () => store.identity(),
    subscribeToAll: (options: AllSubscriptionOptions): EventSubscription =>
      store.subscribeToAll({
        ...options,
        onBatch: async ({ events, position }: EventBatch) => {
          for (let next = 0; next < events.length;) {
            const part = events.slice(next, next + 1 + Math.floor(random() * 4));
            next += part.length;
            await options.onBatch({ events: part, position: next < events.length ? part.at(-1)?.position : position });
          }
          if (events.length === 0) await options.onBatch({ events, position });
        },
      }),
  });

  const waitForStream = async (model: ReadModel, streamName: string): Promise<void> => {
    const [last] = await store.readStream(streamName, { direction: 'backwards', limit: 1 });
    if (last?.position) expect(await model.waitFor(last.position, 20_000)).toBe(true);
  };

  /** Keys and values of all tables as stored on disk. */
  const bytesOf = async (path: string): Promise<Map<string, [string, string][]>> => {
    const root = open({ path, maxDbs: 32, readOnly: true });
    const tables = new Map<string, [string, string][]>();
    for (const name of uptimeReadModel.tables) {
      const table = root.openDB<Buffer, Buffer>({ name: `table:${name}`, encoding: 'binary', keyEncoding: 'binary' });
      tables.set(
        name,
        [...table.getRange()].map(({ key, value }) => [key.toString('hex'), value.toString('hex')]),
      );
    }
    await root.close();
    return tables;
  };

  it('has the same bytes as one that followed the streams live, and replaces it', async () => {
    const model = new ReadModel(uptimeReadModel, inSmallBatches(), join(directory, DIRECTORY));
    opened.push(model);
    await model.start();
    let appended = 0;
    for (const { name: service, days } of services) {
      const history = historyOf(service, FROM, days, random);
      await appendHistory(store, history, random);
      appended += history.length;
      await waitForStream(model, `service-uptime-${service}`);
      await waitForStream(model, `system-probe-samples-${service}`);
    }
    await model.stop();
    const live = await bytesOf(join(directory, DIRECTORY));
    expect([...live].filter(([, rows]) => rows.length === 0)).toEqual([]);

    const reports: RebuildProgress[] = [];
    const progress = await new ReadModels(store, directory).rebuild(uptimeReadModel, (soFar) => reports.push(soFar));
    expect(readdirSync(directory)).toEqual([DIRECTORY]);
    const rebuilt = await bytesOf(join(directory, DIRECTORY));
    for (const [name, rows] of live) expect([name, rebuilt.get(name)]).toEqual([name, rows]);
    expect(progress.events).toBeGreaterThanOrEqual(appended);
    expect(progress.position).toBeDefined();
    expect(reports.every(({ events, seconds }) => events <= progress.events && seconds <= progress.seconds)).toBe(true);
  }, 60_000);

  it('returns the same results, and resumes after its last position', async () => {
    const model = new ReadModels(store, directory).open(uptimeReadModel);
    opened.push(model);
    await model.start();
    const service = services[0]?.name ?? '';
    const history = new UptimeReadModel(model);
    expect(history.responseTimes(service, { from: FROM, to: FROM + DAYS * DAY_MS })?.count).toBeGreaterThan(
      DAYS * 1_000,
    );
    expect(history.errorKinds(service, { from: FROM, to: FROM + DAYS * DAY_MS })).toEqual([
      { kind: 'no answer within # ms', count: expect.any(Number) as number },
    ]);
    const end = FROM + (DAYS + 1) * DAY_MS;
    await appendHistory(store, historyOf(service, end, 1, random).slice(0, 2), random);
    await waitForStream(model, `system-probe-samples-${service}`);
    expect(history.finalUntil(service)).toBe(end);
    await model.stop();
  });

  it('keeps the old tables if the streams cannot be followed', async () => {
    const before = await bytesOf(join(directory, DIRECTORY));
    const away = {
      identity: () => Promise.reject(new Error('the store is away')),
      subscribeToAll: store.subscribeToAll.bind(store),
    };
    const models = new ReadModels(Object.assign(Object.create(store) as KurrentDBService, away), directory);
    await expect(models.rebuild(uptimeReadModel, () => undefined)).rejects.toThrow('the store is away');
    expect(readdirSync(directory)).toEqual([DIRECTORY]);
    expect(existsSync(join(directory, DIRECTORY, 'in-use'))).toBe(false);
    expect(await bytesOf(join(directory, DIRECTORY))).toEqual(before);
  });
});
