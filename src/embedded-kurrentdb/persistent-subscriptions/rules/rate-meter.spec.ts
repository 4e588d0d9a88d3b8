import { RateMeter } from './rate-meter.js';

describe('a rate meter', () => {
  it('returns count and rate since the previous measurement', () => {
    const meter = new RateMeter(1000);
    expect(meter.measure(10, 3000)).toEqual({ count: 10, perSecond: 5 });
    expect(meter.measure(10, 4000)).toEqual({ count: 0, perSecond: 0 });
    expect(meter.measure(12, 4000)).toEqual({ count: 2, perSecond: 0 });
  });
});
