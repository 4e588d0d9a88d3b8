import { RateMeter } from './rate-meter.js';

describe('a meter', () => {
  it('tells what came since it was asked before, and how fast', () => {
    const meter = new RateMeter(1000);
    expect(meter.measure(10, 3000)).toEqual({ count: 10, perSecond: 5 });
    expect(meter.measure(10, 4000)).toEqual({ count: 0, perSecond: 0 });
    expect(meter.measure(12, 4000)).toEqual({ count: 2, perSecond: 0 });
  });
});
