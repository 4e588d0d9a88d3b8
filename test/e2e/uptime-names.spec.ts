import { sleep } from '../support/eventually.js';
import { inexact, ProbedNames } from '../support/probed-names.js';

const INTERVAL_MS = 1_000;

describe('services whose names get no answer', () => {
  let names: ProbedNames | undefined;
  afterEach(() => names?.stop());

  it('are down, and leave all other services exact', async () => {
    names = await ProbedNames.start({ live: 60, dead: 18, intervalMs: INTERVAL_MS, timeoutMs: 800 });
    await sleep(8 * INTERVAL_MS);
    const samples = await names.stopAndReadSamples();
    expect(inexact(samples, { live: 60, intervalMs: INTERVAL_MS, withinMs: 500 })).toEqual([]);
    for (let index = 0; index < 18; index++) {
      const own = samples.get(`dead-${index}`) ?? [];
      expect(own.length).toBeGreaterThanOrEqual(3);
      for (const { error } of own)
        expect(error).toBe(`no answer within 800 ms: the DNS lookup of dead-${index}.example:1 did not finish`);
    }
  });
});
