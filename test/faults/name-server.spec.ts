import { sleep } from '../support/eventually.js';
import { inexact, ProbedNames } from '../support/probed-names.js';

const SERVICES = { live: 950, dead: 50, intervalMs: 10_000, timeoutMs: 5_000 };

describe('a name server without answers', () => {
  let names: ProbedNames | undefined;
  afterEach(() => names?.stop());

  it('for 50 of 1,000 services leaves the other 950 exact', async () => {
    names = await ProbedNames.start(SERVICES);
    await sleep(75_000);
    const samples = await names.stopAndReadSamples();
    const counts = [...samples].filter(([name]) => name.startsWith('live')).map(([, own]) => own.length);
    console.log(`${counts.length} live services, ${Math.min(...counts)} to ${Math.max(...counts)} samples each`);
    expect(inexact(samples, { ...SERVICES, withinMs: 1_000 })).toEqual([]);
    for (let index = 0; index < SERVICES.dead; index++) {
      const own = samples.get(`dead-${index}`) ?? [];
      expect(own.length).toBeGreaterThanOrEqual(3);
      for (const { error } of own)
        expect(error).toBe(`no answer within 5000 ms: the DNS lookup of dead-${index}.example:1 did not finish`);
    }
  }, 180_000);
});
