import { BackgroundLoads } from './background-loads.js';
import { until } from '../../test/support/eventually.js';

describe('background loads', () => {
  const stop = new AbortController();
  afterAll(() => stop.abort());

  const start = (loads: BackgroundLoads): jest.Mock => {
    const onFailure = jest.fn();
    loads.start(stop.signal, onFailure);
    return onFailure;
  };

  it('load nothing before the start, and everything once after it', async () => {
    const loads = new BackgroundLoads();
    const [first, second] = [jest.fn(), jest.fn(() => Promise.resolve())];
    loads.add('first', first);
    loads.add('second', second);
    expect(first).not.toHaveBeenCalled();
    start(loads);
    await loads.ended();
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
    expect(loads.failures.size).toBe(0);
  });

  it('load what is added later', async () => {
    const loads = new BackgroundLoads();
    start(loads);
    await loads.ended();
    const late = jest.fn();
    loads.add('late', late);
    await loads.ended();
    expect(late).toHaveBeenCalledTimes(1);
  });

  it('try one that fails again until it succeeds, without holding up the others', async () => {
    const loads = new BackgroundLoads();
    const error = new Error('EMFILE');
    let isShort = true;
    const other = jest.fn();
    loads.add('driver', () => {
      if (isShort) throw error;
    });
    loads.add('rejected', () => (isShort ? Promise.reject(error) : Promise.resolve()));
    loads.add('other', other);
    const onFailure = start(loads);
    await until(() => loads.failures.size === 2);
    expect([...loads.failures]).toEqual([
      ['driver', error],
      ['rejected', error],
    ]);
    await until(() => other.mock.calls.length === 1);
    isShort = false;
    await loads.ended();
    expect(loads.failures.size).toBe(0);
    expect(onFailure.mock.calls).toEqual([
      ['driver', error],
      ['rejected', error],
    ]);
  });

  it('end when they are stopped', async () => {
    const loads = new BackgroundLoads();
    const stopped = new AbortController();
    loads.add('driver', () => {
      throw new Error('EMFILE');
    });
    loads.start(stopped.signal, jest.fn());
    await until(() => loads.failures.size === 1);
    stopped.abort();
    await loads.ended();
    expect(loads.failures.size).toBe(1);
  });
});
