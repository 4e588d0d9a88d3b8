import { ApiCaller } from '../support/api-caller.js';
import { AppendLosingProxy } from '../support/append-losing-proxy.js';
import { eventually, sleep } from '../support/eventually.js';
import { FileDescriptors } from '../support/file-descriptors.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { linesOutsideLog } from '../support/process-output.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const DOCUMENT = '/api/users/alice/streams/profile';
const BUSY = {
  ...AUTH,
  UPTIME_INTERVAL_MS: '200',
  UPTIME_TIMEOUT_MS: '150',
  UPTIME_SAMPLE_WINDOW_MS: '1000',
  KURRENTDB_TIMEOUT_MS: '1000',
};
/** Runs in the process, in its main thread and in the worker of the embedded KurrentDB. */
const preloaded = (script: string): { readonly NODE_OPTIONS: string } => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}`,
});

interface Health {
  readonly status: string;
  readonly details: { readonly kurrentdb: Readonly<Record<string, unknown>> };
}

describe('the log and the health', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let alice: ApiCaller;

  beforeEach(async () => {
    dataDir = makeDataDir();
    alice = await ApiCaller.of(() => service.url, 'alice');
  });
  afterEach(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  const start = async (environment: Readonly<Record<string, string>> = {}): Promise<void> => {
    service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...BUSY, ...environment }));
  };
  const put = (displayName: string): Promise<number> =>
    alice.put(DOCUMENT, { data: { displayName } }).then(({ status }) => status);
  const health = async (path: string): Promise<Health> => (await service.get(path)).body as Health;
  const messages = (): string[] => service.output.map((line) => (JSON.parse(line) as { msg: string }).msg);
  const expectJsonLines = (): void => {
    expect(linesOutsideLog(service.output)).toEqual([]);
    expect(service.output.length).toBeGreaterThan(10);
  };

  it('has JSON lines only for warnings of Node, what libraries print, and promises that nobody handles', async () => {
    await start(
      preloaded(`import { BroadcastChannel, isMainThread } from 'node:worker_threads';
        const where = isMainThread ? 'main' : 'worker';
        const print = () => {
          process.emitWarning('warning of ' + where);
          process.emitWarning('old of ' + where, 'DeprecationWarning', 'DEP0');
          console.error('printed by %s\\nin two lines', where);
          console.log({ printed: where });
        };
        const others = new BroadcastChannel('print');
        others.unref();
        others.onmessage = print;
        if (isMainThread) {
          process.on('SIGUSR2', () => {
            print();
            others.postMessage('print');
            setTimeout(() => Promise.reject(new Error('unhandled')), 1000);
          });
        }`),
    );
    await service.kill('SIGUSR2');
    expect(await service.exit()).toBe(1);
    expectJsonLines();
    for (const text of [
      'Warning: warning of main',
      'warning of worker',
      'DeprecationWarning: old of main',
      'old of worker',
      'printed by main\nin two lines',
      'printed by worker\nin two lines',
      "{ printed: 'main' }",
    ])
      expect(messages()).toContain(text);
    expect(messages().at(-1)).toBe('The process ends because of an unexpected error: Error: unhandled');
  });

  it('has JSON lines only while file descriptors are used up', async () => {
    await start();
    const descriptors = new FileDescriptors(service.pid);
    expect(await put('before')).toBe(201);
    descriptors.useUp();
    await Promise.race([put('meanwhile').catch(() => undefined), sleep(4_000)]);
    await sleep(2_000);
    descriptors.free();
    await eventually(
      () => put('after'),
      (status) => status === 200,
    );
    expect(await service.stop()).toBe(0);
    expectJsonLines();
  });

  it('tells that writes have no answer while reads have, and when they have again', async () => {
    const server = await KurrentDBServer.start('--port', '0', '--mem-db', '--insecure');
    const proxy = await AppendLosingProxy.start(server.connectionString);
    try {
      await start({
        KURRENTDB_CONNECTION_STRING: proxy.connectionString,
        KURRENTDB_TIMEOUT_MS: '10000',
        READYZ_REQUIRES: 'process',
      });
      expect(await put('before')).toBe(201);
      proxy.loseAll(true);
      for (const path of ['/readyz', '/health']) {
        const begin = performance.now();
        const failing = await eventually(
          () => health(path),
          ({ status, details }) => status === 'degraded' && details.kurrentdb?.writes === 'failing',
        );
        expect(performance.now() - begin).toBeLessThan(8_000);
        expect(failing.details.kurrentdb).toMatchObject({ status: 'degraded', writes: 'failing' });
        expect((await service.get(path)).status).toBe(200);
      }
      expect((await alice.get(DOCUMENT)).status).toBe(200);
      proxy.loseAll(false);
      await eventually(
        () => put('after'),
        (status) => status === 200,
        30_000,
      );
      await eventually(
        () => health('/readyz'),
        ({ status }) => status === 'ok',
      );
      expectJsonLines();
    } finally {
      await ServiceProcess.killAll();
      await proxy.stop();
      await server.kill();
    }
  }, 60_000);
});
