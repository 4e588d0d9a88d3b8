import { eventually, sleep } from '../support/eventually.js';
import { INTERVAL_MS, LEASE_MS, Replicas } from '../support/prober-replicas.js';
import { timelineOf } from '../support/uptime-target.js';

/** Allowance for a machine that is busy with other tests. */
const ROOM_MS = 1_500;

describe('two replicas', () => {
  let replicas: Replicas;

  beforeEach(async () => {
    replicas = new Replicas();
    await replicas.start(2);
    await replicas.untilOneProbes();
    await eventually(
      () => replicas.changes(),
      (changes) => changes.length === 1,
    );
  });
  afterEach(() => replicas.stop());

  const statuses = async (): Promise<string[]> => (await replicas.changes()).map(({ status }) => status);
  const other = (): Replicas['all'][number] => {
    const { holder } = replicas;
    const found = replicas.all.find((replica) => replica !== holder);
    if (!found) throw new Error('there is one replica only');
    return found;
  };

  it('one probes, and both serve its results', async () => {
    await replicas.target.kill();
    await eventually(statuses, ({ length }) => length === 2);
    await replicas.target.start();
    await eventually(statuses, ({ length }) => length === 3);
    expect(await statuses()).toEqual(['up', 'down', 'up']);
    for (const { service } of replicas.all) {
      expect(
        (
          await eventually(
            () => timelineOf(service, 'http'),
            ({ currentStatus, timeline }) => currentStatus === 'up' && timeline.some(({ status }) => status === 'down'),
          )
        ).currentStatus,
      ).toBe('up');
      expect((await service.get('/readyz')).status).toBe(200);
    }
  });

  it('one takes over within a lease after the other was killed, from the state of the stream', async () => {
    const next = other();
    const killedAt = Date.now();
    await replicas.holder.service.kill('SIGKILL');
    expect(await replicas.untilOneProbes()).toBe(next);
    expect(Date.now() - killedAt).toBeLessThan(LEASE_MS + ROOM_MS);
    await replicas.target.kill();
    await eventually(statuses, ({ length }) => length === 2);
    await sleep(5 * INTERVAL_MS);
    expect(await statuses()).toEqual(['up', 'down']);
  });

  it('one takes over at once when the other is stopped', async () => {
    const next = other();
    const { service } = replicas.holder;
    expect(await service.stop()).toBe(0);
    const stoppedAt = Date.now();
    expect(await replicas.untilOneProbes()).toBe(next);
    expect(Date.now() - stoppedAt).toBeLessThan(ROOM_MS);
  });

  it('one keeps probing while cut off from the store, and discards samples from after the takeover', async () => {
    const cutOff = replicas.holder;
    const next = other();
    cutOff.store.cut();
    await replicas.untilLogged(next, 'This replica probes');
    // Both see the target fail and recover; only one of them can record it.
    await replicas.target.kill();
    await eventually(statuses, ({ length }) => length === 2);
    await replicas.target.start();
    await eventually(statuses, ({ length }) => length === 3);
    cutOff.store.heal();
    await replicas.untilLogged(cutOff, 'Another replica has taken over');
    await replicas.untilLogged(cutOff, 'samples: another replica probed at that time');
    await sleep(LEASE_MS);
    expect(await statuses()).toEqual(['up', 'down', 'up']);
    const times = (await replicas.samples()).map(({ at }) => at);
    expect(Math.min(...times.slice(1).map((at, index) => at - (times[index] ?? 0)))).toBeGreaterThan(INTERVAL_MS / 4);
  });

  it('one that was suspended while probing records nothing of its own after it resumes', async () => {
    const paused = replicas.holder;
    const next = other();
    await paused.service.kill('SIGSTOP');
    await replicas.untilLogged(next, 'This replica probes');
    await replicas.target.kill();
    await eventually(statuses, ({ length }) => length === 2);
    const holder = await replicas.lastHolder();
    await replicas.target.start();
    await eventually(statuses, ({ length }) => length === 3);
    await replicas.target.kill();
    await eventually(statuses, ({ length }) => length === 4);
    await paused.service.kill('SIGCONT');
    await replicas.untilLogged(paused, 'Another replica has taken over');
    await sleep(LEASE_MS);
    expect(await replicas.lastHolder()).toBe(holder);
    expect(await statuses()).toEqual(['up', 'down', 'up', 'down']);
    // Samples of that time come from the other one: no two are less than half an interval apart.
    const times = (await replicas.samples()).map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(INTERVAL_MS / 4);
  });
});
