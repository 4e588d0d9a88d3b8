import { eventually, sleep } from '../support/eventually.js';
import { INTERVAL_MS, LEASE_MS, Replicas } from '../support/prober-replicas.js';
import { seededRandom } from '../support/seeded-random.js';

const KILLS = Number(process.env.PROBER_KILLS ?? 50);
/** Age of a probe that is running when the target changes, and duration of the confirming samples. */
const UNDER_WAY_MS = INTERVAL_MS;
/** Delay of other processes on two processors while one starts. */
const ROOM_MS = 1_000;

describe('the prober under repeated kills', () => {
  const replicas = new Replicas();
  beforeAll(() => replicas.start(2));
  afterAll(() => replicas.stop());

  it(
    `records each transition once over ${KILLS} kills, and probes without a gap over a lease and an interval`,
    async () => {
      const random = seededRandom();
      await replicas.untilOneProbes();
      await eventually(
        () => replicas.changes(),
        (changes) => changes.length === 1,
      );
      /** The target's transitions, in order. */
      const became: { status: string; at: number }[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        const status = kill % 2 === 0 ? 'down' : 'up';
        const holder = await replicas.untilOneProbes();
        const killSoon = async (): Promise<void> => {
          await sleep(random() * 4 * INTERVAL_MS);
          await holder.service.kill('SIGKILL');
        };
        const changeSoon = async (): Promise<void> => {
          await sleep(random() * 2 * INTERVAL_MS);
          became.push({ status, at: status === 'down' ? await replicas.target.kill() : await replicas.target.start() });
        };
        await Promise.all([killSoon(), changeSoon()]);
        await eventually(
          () => replicas.changes(),
          (changes) => changes.length === kill + 2,
          LEASE_MS + 10 * INTERVAL_MS + 10_000,
        );
        await replicas.restart(holder);
      }
      await sleep(2 * LEASE_MS);

      const changes = await replicas.changes();
      expect(changes.map(({ status }) => status)).toEqual(['up', ...became.map(({ status }) => status)]);
      expect(new Set(changes.map(({ eventId }) => eventId)).size).toBe(changes.length);
      for (const [index, { at }] of became.entries()) {
        const dated = Date.parse(changes[index + 1]?.timestamp ?? '');
        expect(dated).toBeGreaterThanOrEqual(at - UNDER_WAY_MS);
        expect(dated).toBeLessThan(at + LEASE_MS + INTERVAL_MS + ROOM_MS);
      }

      for (const { service } of replicas.all) expect(await service.stop()).toBe(0);
      const times = (await replicas.samples()).map(({ at }) => at);
      const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
      console.log(
        `${changes.length} changes, ${times.length} samples, longest gap ${Math.max(...gaps)} ms (a lease and an interval: ${LEASE_MS + INTERVAL_MS} ms)`,
      );
      expect(Math.max(...gaps)).toBeLessThan(LEASE_MS + INTERVAL_MS);
      expect(new Set(times).size).toBe(times.length);
    },
    20 * 60_000,
  );
});
