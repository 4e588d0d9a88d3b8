import { DeadlineTimer } from './deadline-timer.js';

describe('a deadline timer', () => {
  beforeEach(() => jest.useFakeTimers({ now: 0 }));
  afterEach(() => jest.useRealTimers());

  it('calls back once, at its deadline', () => {
    const onDeadline = jest.fn();
    new DeadlineTimer(onDeadline).set(100, 0);
    jest.advanceTimersByTime(99);
    expect(onDeadline).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    jest.advanceTimersByTime(1000);
    expect(onDeadline).toHaveBeenCalledTimes(1);
  });

  it('calls back immediately for a deadline in the past', () => {
    const onDeadline = jest.fn();
    new DeadlineTimer(onDeadline).set(5, 100);
    jest.advanceTimersByTime(1);
    expect(onDeadline).toHaveBeenCalledTimes(1);
  });

  it('calls back at the earlier of two deadlines, and can then be set again', () => {
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

  it('does not call back after it was cleared', () => {
    const onDeadline = jest.fn();
    const timer = new DeadlineTimer(onDeadline);
    timer.set(100, 0);
    timer.set(undefined, 0);
    jest.advanceTimersByTime(1000);
    expect(onDeadline).not.toHaveBeenCalled();
  });

  it('calls back early if the deadline exceeds the range of timers', () => {
    const onDeadline = jest.fn();
    new DeadlineTimer(onDeadline).set(2 ** 40, 0);
    jest.advanceTimersByTime(2 ** 31 - 1);
    expect(onDeadline).toHaveBeenCalledTimes(1);
  });
});
