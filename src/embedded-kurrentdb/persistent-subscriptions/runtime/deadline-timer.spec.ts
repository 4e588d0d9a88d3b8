import { DeadlineTimer } from './deadline-timer.js';

describe('an alarm', () => {
  beforeEach(() => jest.useFakeTimers({ now: 0 }));
  afterEach(() => jest.useRealTimers());

  it('rings once, at its time', () => {
    const ring = jest.fn();
    new DeadlineTimer(ring).set(100, 0);
    jest.advanceTimersByTime(99);
    expect(ring).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    jest.advanceTimersByTime(1000);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it('rings at once for a time that has passed', () => {
    const ring = jest.fn();
    new DeadlineTimer(ring).set(5, 100);
    jest.advanceTimersByTime(1);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it('rings at the earlier of two times, and is set anew then', () => {
    const ring = jest.fn();
    const alarm = new DeadlineTimer(ring);
    alarm.set(100, 0);
    alarm.set(200, 0);
    jest.advanceTimersByTime(100);
    expect(ring).toHaveBeenCalledTimes(1);
    alarm.set(200, 100);
    alarm.set(150, 100);
    jest.advanceTimersByTime(50);
    expect(ring).toHaveBeenCalledTimes(2);
  });

  it('does not ring when it is not needed any more', () => {
    const ring = jest.fn();
    const alarm = new DeadlineTimer(ring);
    alarm.set(100, 0);
    alarm.set(undefined, 0);
    jest.advanceTimersByTime(1000);
    expect(ring).not.toHaveBeenCalled();
  });

  it('waits for times beyond what timers can count, by ringing before', () => {
    const ring = jest.fn();
    new DeadlineTimer(ring).set(2 ** 40, 0);
    jest.advanceTimersByTime(2 ** 31 - 1);
    expect(ring).toHaveBeenCalledTimes(1);
  });
});
