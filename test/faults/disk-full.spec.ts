import { ApiCaller, type ErrorBody } from '../support/api-caller.js';
import { eventually, sleep } from '../support/eventually.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { linesOutsideLog } from '../support/process-output.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { SmallDisk } from '../support/small-disk.js';
import { AUTH } from '../support/tokens.js';
import { changesOf, Target } from '../support/uptime-target.js';

const DISK_BYTES = 32 * 1024 * 1024;
const DOCUMENT = '/api/users/alice/streams/profile';
const INTERVAL_MS = 200;
const PROBING = {
  UPTIME_INTERVAL_MS: String(INTERVAL_MS),
  UPTIME_TIMEOUT_MS: '150',
  UPTIME_FAILURE_THRESHOLD: '2',
  UPTIME_SUCCESS_THRESHOLD: '2',
  UPTIME_SAMPLE_WINDOW_MS: '1000',
  KURRENTDB_TIMEOUT_MS: '1000',
};
interface HealthBody {
  readonly details: { readonly kurrentdb: { readonly storage?: string } };
}
const FULL = 'The disk of the store is full';

describe('a full disk', () => {
  const target = new Target();
  let disk: SmallDisk;
  let service: ServiceProcess;
  let alice: ApiCaller;

  beforeEach(async () => {
    disk = new SmallDisk(DISK_BYTES);
    await target.start();
    alice = await ApiCaller.of(() => service.url, 'alice');
  });
  afterEach(async () => {
    await ServiceProcess.killAll();
    await target.kill();
    disk.remove();
    // A write of LMDB that fails writes over other memory: none may be tried.
    expect(lines('Write error')).toEqual([]);
    expect(linesOutsideLog(service.output)).toEqual([]);
  });

  const start = async (environment: Readonly<Record<string, string>> = {}): Promise<void> => {
    service = await ServiceProcess.start({
      DATA_DIR: disk.path,
      KEYS_DIR: disk.keys,
      ...AUTH,
      READYZ_REQUIRES: 'process',
      UPTIME_HTTP_URL: target.url,
      ...PROBING,
      ...environment,
    });
  };
  const put = async (displayName: string): Promise<number> =>
    (await alice.put(DOCUMENT, { data: { displayName } })).status;
  const stored = async (): Promise<unknown> =>
    ((await alice.get(DOCUMENT)).body as { data?: { displayName?: unknown } }).data?.displayName;
  const lines = (text: string): readonly string[] => service.output.filter((line) => line.includes(text));
  /** Fills the disk, and the room that is left in the files. @returns the last value that was accepted */
  const fill = async (accepted: string): Promise<string> => {
    await disk.fill();
    for (let n = 0, last = accepted; ; n++) {
      const status = await put(`before ${n}`);
      if (status === 507) return last;
      expect(status).toBeLessThan(300);
      last = `before ${n}`;
    }
  };
  const expectReadOnly = async (expected: string): Promise<void> => {
    const refused = await alice.put(DOCUMENT, { data: { displayName: 'refused' } });
    expect({ status: refused.status, type: (refused.body as ErrorBody).type }).toEqual({
      status: 507,
      type: 'insufficient-storage',
    });
    expect(await stored()).toBe(expected);
    expect((await service.get('/api/streams/service-uptime-http/events')).status).toBe(200);
    const health = await eventually(
      () => service.get('/health'),
      ({ body }) => (body as HealthBody).details.kurrentdb.storage === 'full',
    );
    expect(health.status).toBe(200);
    const failing = { status: 'degraded', details: { kurrentdb: { status: 'degraded', writes: 'failing' } } };
    expect(health.body).toMatchObject(failing);
    const readiness = await service.get('/readyz');
    expect(readiness.status).toBe(200);
    expect(readiness.body).toMatchObject(failing);
  };

  it('rejects writes with 507 while reads, health and probing go on, and ends without a restart', async () => {
    await start();
    await ready(service);
    expect(await put('before')).toBe(201);
    await eventually(
      () => changesOf(service, 'http'),
      (changes) => changes.length === 1,
    );

    const last = await fill('before');
    await expectReadOnly(last);
    await sleep(5_000);
    const downAt = await target.kill();
    await sleep(5_000);
    await expectReadOnly(last);
    expect(service.hasExited).toBe(false);
    expect(lines(FULL)).toHaveLength(1);
    expect(lines('The spool cannot be written')).toHaveLength(1);

    disk.free();
    expect(
      await eventually(
        () => put('after'),
        (status) => status === 200,
      ),
    ).toBe(200);
    expect(await stored()).toBe('after');
    const changes = await eventually(
      () => changesOf(service, 'http'),
      ({ length }) => length === 2,
    );
    expect(changes[1]?.data.status).toBe('down');
    expect(Math.abs(Date.parse(changes[1]?.data.timestamp ?? '') - downAt)).toBeLessThan(2_000);
    await eventually(
      () => service.get('/health'),
      ({ body }) => (body as { status: string }).status === 'ok',
    );
    expect(lines('The store has room again')).toHaveLength(1);
    expect(lines('The spool is written again')).toHaveLength(1);
    expect(await service.stop()).toBe(0);
  }, 60_000);

  it('starts where it was full before, and continues when there is room', async () => {
    await start();
    await ready(service);
    expect(await put('before')).toBe(201);
    const last = await fill('before');
    await service.kill('SIGKILL');
    await disk.fill();
    await start();
    await eventually(
      () => service.get('/readyz'),
      ({ status }) => status === 200,
    );
    await expectReadOnly(last);
    disk.free();
    expect(
      await eventually(
        () => put('after'),
        (status) => status === 200,
      ),
    ).toBe(200);
    await target.kill();
    await eventually(
      () => changesOf(service, 'http'),
      (changes) => changes.at(-1)?.data.status === 'down',
    );
  }, 60_000);

  it('of the service alone does not stop probing, whose samples are recorded in an external store', async () => {
    const storeDir = makeDataDir();
    const store = await KurrentDBServer.start('--data', storeDir, '--insecure', '--port', '0');
    try {
      await start({ KURRENTDB_CONNECTION_STRING: store.connectionString });
      await ready(service);
      await disk.fill();
      await sleep(3_000);
      await target.kill();
      await sleep(3_000);
      expect(service.hasExited).toBe(false);
      expect((await service.get('/livez')).status).toBe(200);
      disk.free();
      await eventually(
        () => changesOf(service, 'http'),
        (changes) => changes.at(-1)?.data.status === 'down',
      );
      await eventually(
        () => service.get('/readyz'),
        ({ status }) => status === 200,
      );
    } finally {
      await ServiceProcess.killAll();
      await store.kill();
      removeDataDir(storeDir);
    }
  }, 60_000);
});
