import { SharedCalls } from './shared-calls.js';

describe('shared calls', () => {
  let now: number;
  let calls: SharedCalls<number>;
  let started: number[];
  const call = (key = 'a'): Promise<number> =>
    calls.run(key, (startedAt) => {
      started.push(startedAt);
      return new Promise((resolve) => setImmediate(() => resolve(startedAt)));
    });

  beforeEach(() => {
    now = 0;
    started = [];
    calls = new SharedCalls({ monotonic: () => now }, 500);
  });

  it('run once for all that ask soon after the start, and again for those that ask later', async () => {
    const first = [call(), call()];
    now = 500;
    first.push(call());
    now = 501;
    const second = [call(), call()];
    expect(await Promise.all([...first, ...second])).toEqual([0, 0, 0, 501, 501]);
    expect(started).toEqual([0, 501]);
  });

  it('run again once the earlier one has ended, or failed', async () => {
    await call();
    await call();
    await expect(calls.run('a', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    await call();
    expect(started).toHaveLength(3);
  });

  it('of different keys are not shared', async () => {
    await Promise.all([call('a'), call('b')]);
    expect(started).toHaveLength(2);
  });
});
