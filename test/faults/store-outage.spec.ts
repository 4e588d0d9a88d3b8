import { eventually, sleep } from '../support/eventually.js';
import { INTERVAL_MS, Replicas } from '../support/prober-replicas.js';
import { timelineOf } from '../support/uptime-target.js';

const OUTAGE_MS = 60_000;
/** Age of a probe that is running when the target changes; ROOM_MS: delay of other processes while one starts. */
const UNDER_WAY_MS = INTERVAL_MS;
const ROOM_MS = 1_000;

describe('probing during a minute without the store', () => {
  let replicas: Replicas;
  beforeEach(async () => {
    replicas = new Replicas();
    await replicas.start(1);
    await eventually(
      () => replicas.changes(),
      (changes) => changes.length === 1,
    );
  });
  afterEach(() => replicas.stop());

  /** The target fails and comes back, in the first half of the outage. */
  const outage = async (meanwhile: () => Promise<void>): Promise<{ downAt: number; upAt: number }> => {
    const start = Date.now();
    await replicas.killStore();
    await sleep(5_000);
    const downAt = await replicas.target.kill();
    await sleep(15_000);
    const upAt = await replicas.target.start();
    await sleep(5_000);
    await meanwhile();
    await sleep(Math.max(0, start + OUTAGE_MS - Date.now()));
    await replicas.startStore();
    return { downAt, upAt };
  };
  /** Longest time between two recorded samples, in milliseconds. */
  const longestGap = async (): Promise<number> => {
    const times = (await replicas.samples()).map(({ at }) => at);
    expect(new Set(times).size).toBe(times.length);
    return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? 0)));
  };
  const expectHistory = async ({ downAt, upAt }: { downAt: number; upAt: number }): Promise<void> => {
    const changes = await eventually(
      () => replicas.changes(),
      (recorded) => recorded.length === 3,
      30_000,
    );
    expect(changes.map(({ status }) => status)).toEqual(['up', 'down', 'up']);
    const [, down, up] = changes.map(({ timestamp }) => Date.parse(timestamp));
    expect(down).toBeGreaterThanOrEqual(downAt - UNDER_WAY_MS);
    expect(down).toBeLessThan(downAt + ROOM_MS);
    expect(up).toBeGreaterThanOrEqual(upAt - UNDER_WAY_MS);
    expect(up).toBeLessThan(upAt + ROOM_MS);
    expect(changes[2]?.duration).toBe((up ?? 0) - (down ?? 0));
  };

  it('loses nothing: changes and samples keep their times, and the intervals are correct afterwards', async () => {
    const times = await outage(() => Promise.resolve());
    await expectHistory(times);
    const [replica] = replicas.all;
    const { timeline, totalDowntime } = await eventually(
      () => timelineOf(replica?.service ?? fail(), 'http'),
      ({ timeline: { length } }) => length >= 4,
    );
    expect(timeline.map(({ status }) => status)).toEqual(['unknown', 'up', 'down', 'up']);
    expect(Math.abs(totalDowntime - (times.upAt - times.downAt))).toBeLessThan(ROOM_MS + UNDER_WAY_MS);
    await sleep(5_000);
    expect(await longestGap()).toBeLessThan(2 * INTERVAL_MS + ROOM_MS);
  }, 180_000);

  it('loses nothing if the service is killed and restarted during the outage', async () => {
    const times = await outage(async () => {
      const [replica] = replicas.all;
      if (!replica) fail();
      await replica.service.kill('SIGKILL');
      await replicas.restart(replica);
    });
    await expectHistory(times);
    await sleep(5_000);
    // No longer than the restart took.
    expect(await longestGap()).toBeLessThan(10_000);
    const between = (await replicas.samples()).filter(
      ({ at }) => at > times.downAt + ROOM_MS && at < times.upAt - ROOM_MS,
    );
    expect(between.length).toBeGreaterThan((times.upAt - times.downAt - 2 * ROOM_MS) / INTERVAL_MS / 2);
    expect(between.every(({ status }) => status === 'down')).toBe(true);
  }, 180_000);
});

function fail(): never {
  throw new Error('there is no replica');
}
