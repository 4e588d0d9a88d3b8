import { closeWithin, settleWithin, sleep, withDeadline } from './wait.js';

const never = new Promise<never>(() => undefined);

describe('sleep', () => {
  it('resolves when its signal is aborted', async () => {
    const stop = new AbortController();
    const sleeping = sleep(60_000, stop.signal);
    stop.abort();
    await sleeping;
    await sleep(60_000, stop.signal);
  });

  it('lasts as long as it should', async () => {
    const start = performance.now();
    await sleep(20);
    expect(performance.now() - start).toBeGreaterThan(18);
  });
});

describe('settleWithin', () => {
  it('is true for a promise that is fulfilled in time, and false for one that is not', async () => {
    expect(await settleWithin(60_000, Promise.resolve('done'))).toBe(true);
    expect(await settleWithin(5, never)).toBe(false);
  });

  it('rejects as the promise does, and ignores a rejection that comes too late', async () => {
    await expect(settleWithin(60_000, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    const late = sleep(10).then(() => Promise.reject(new Error('late')));
    expect(await settleWithin(1, late)).toBe(false);
    await expect(late).rejects.toThrow('late');
  });
});

describe('withDeadline', () => {
  it('gives the value of a promise that is fulfilled in time', async () => {
    expect(await withDeadline(Promise.resolve(7), 60_000, () => new Error('late'))).toBe(7);
  });

  it('rejects with the given error after the deadline', async () => {
    await expect(withDeadline(never, 5, () => new Error('late'))).rejects.toThrow('late');
  });
});

describe('closeWithin', () => {
  it('does not force what closes in time', async () => {
    const force = jest.fn();
    await closeWithin(60_000, Promise.resolve(), force);
    expect(force).not.toHaveBeenCalled();
  });

  it('forces what does not close in time, and waits until it is closed', async () => {
    let close = (): void => undefined;
    const closed = new Promise<void>((resolve) => (close = resolve));
    await closeWithin(5, closed, () => close());
  });
});
