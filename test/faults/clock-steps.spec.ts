import { ApiCaller } from '../support/api-caller.js';
import { eventually, sleep } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';
import { changesOf, eventsOf, Target } from '../support/uptime-target.js';
import { decodeSamples, type ProbesRecorded } from '../../src/uptime/domain/index.js';

const INTERVAL_MS = 200;
const PROBING = {
  UPTIME_INTERVAL_MS: String(INTERVAL_MS),
  UPTIME_TIMEOUT_MS: '150',
  UPTIME_FAILURE_THRESHOLD: '2',
  UPTIME_SUCCESS_THRESHOLD: '2',
  UPTIME_SAMPLE_WINDOW_MS: '1000',
};
const DAYS_S = 10 * 24 * 60 * 60;
const PROFILE = '/api/users/alice/streams/profile';

describe('the service on a clock that is set', () => {
  const target = new Target();
  let clock: FakeClock;
  let dataDir: string;
  let service: ServiceProcess;
  let alice: ApiCaller;

  beforeEach(async () => {
    clock = new FakeClock();
    dataDir = makeDataDir();
    await target.start();
    alice = await ApiCaller.of(() => service.url, 'alice');
  });
  afterEach(async () => {
    await ServiceProcess.killAll();
    await target.kill();
    removeDataDir(dataDir);
    clock.remove();
  });

  const start = async (): Promise<void> => {
    service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      ...AUTH,
      UPTIME_HTTP_URL: target.url,
      ...PROBING,
      ...clock.environment,
    });
  };
  const put = async (displayName: string): Promise<number> =>
    (await alice.put(PROFILE, { data: { displayName } })).status;
  const recordedTimes = async (): Promise<number[]> => {
    const system = await ApiCaller.of(() => service.url, 'root', 'system');
    const { status, body } = await system.get('/api/streams/system-probe-samples-http/events?limit=1000');
    if (status === 404) return [];
    if (status !== 200) throw new Error(`The samples cannot be read: ${JSON.stringify(body)}`);
    return (body as { events: { type: string; data: ProbesRecorded }[] }).events
      .filter(({ type }) => type === 'ProbesRecorded')
      .flatMap(({ data }) => decodeSamples(data))
      .map(({ at }) => at);
  };

  it.each([
    ['back by 40 s', -40],
    ['forward by 40 s', 40],
  ])(
    '%s continues writing, with samples in order at distinct moments',
    async (_, seconds) => {
      await start();
      await ready(service);
      expect(await put('before')).toBe(201);
      await sleep(2_000);
      clock.set(seconds);
      for (let n = 0; n < 20; n++) {
        expect(await put(`after ${n}`)).toBe(200);
        await sleep(200);
      }
      await target.kill();
      const changes = await eventually(
        () => changesOf(service, 'http'),
        ({ length }) => length === 2,
      );
      expect(changes[1]?.data.status).toBe('down');
      expect((await service.get('/readyz')).status).toBe(200);
      const times = await eventually(recordedTimes, ({ length }) => length >= 20);
      expect(times.every((at, index) => index === 0 || at > (times[index - 1] ?? 0))).toBe(true);
      const events = (await eventsOf(service, 'http')).map(({ data }) => Date.parse(data.timestamp));
      expect(events.every((at, index) => index === 0 || !(at < (events[index - 1] ?? 0)))).toBe(true);
    },
    60_000,
  );

  it('that was days ahead at the first start is ready after the correction, while running and after a restart', async () => {
    clock.set(DAYS_S);
    await start();
    await ready(service);
    clock.set(0);
    expect((await service.get('/readyz')).status).toBe(200);
    expect(await put('after the correction')).toBe(201);
    await service.kill('SIGKILL');
    await start();
    await ready(service);
    expect(await put('after the restart')).toBe(200);
  }, 60_000);

  it('continues when it shows a time years later, as for a process that runs for years', async () => {
    await start();
    await ready(service);
    clock.set(5 * 365 * 24 * 60 * 60);
    await eventually(
      () => service.get('/readyz'),
      ({ status }) => status === 200,
    );
    await service.kill('SIGKILL');
    await start();
    await ready(service);
  }, 60_000);
});
