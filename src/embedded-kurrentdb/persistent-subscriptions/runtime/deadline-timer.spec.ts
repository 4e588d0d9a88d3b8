import { DeadlineTimer } from './deadline-timer.js';

describe('an alarm', () => {
  beforeEach(() => jest.useFakeTimers({ now: 0 }));
  afterEach(() => jest.useRealTimers());

  it('rings once, at its time', () => {
    const onDeadline = jest.fn();
    new DeadlineTimer(onDeadline).set(100, 0);
    jest.advanceTimersByTime(99);
    expect(onDeadline).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    jest.advanceTimersByTime(1000);
    expect(onDeadline).toHaveBeenCalledTimes(1);
  });

  it('rings at once for a time that has passed', () => {
    const onDeadline = jest.fn();
    new DeadlineTimer(onDeadline).set(5, 100);
    jest.advanceTimersByTime(1);
    expect(onDeadline).toHaveBeenCalledTimes(1);
  });

  it('rings at the earlier of two times, and is set anew then', () => {
    const onDeadline = jest.fn();
    const timer = new DeadlineTimer(onDeadline);
    timer.set(100, 0);
    timer.set(200, 0);
    jest.advanceTimersByTime(100);
    expect(onDeadline).toHaveBeenCalledTimes(1);
    timer.set(200, 100);
    timer.set(150, 100);
    jest.advanceTimersByTime(50);
    expect(onDeadline).toHaveBeenCalledTimes(2);
  });

  it('does not ring when it is not needed any more', () => {
    const onDeadline = jest.fn();
    const timer = new DeadlineTimer(onDeadline);
    timer.set(100, 0);
    timer.set(undefined, 0);
    jest.advanceTimersByTime(1000);
    expect(onDeadline).not.toHaveBeenCalled();
  });

  it('waits for times beyond what timers can count, by ringing before', () => {
    const onDeadline = jest.fn();
    new DeadlineTimer(onDeadline).set(2 ** 40, 0);
    jest.advanceTimersByTime(2 ** 31 - 1);
    expect(onDeadline).toHaveBeenCalledTimes(1);
  });
});
