import { Consumer, summarize } from './consumer.js';

describe('the latency figures of a consumer', () => {
  it('are those of KurrentDB', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(summarize(hundred)).toEqual([
      { key: 'Mean', value: 50 },
      { key: 'Median', value: 51 },
      { key: 'Fastest', value: 1 },
      { key: 'Quintile 1', value: 1 },
      { key: 'Quintile 2', value: 21 },
      { key: 'Quintile 3', value: 41 },
      { key: 'Quintile 4', value: 61 },
      { key: 'Quintile 5', value: 81 },
      { key: '90%', value: 91 },
      { key: '95%', value: 96 },
      { key: '99%', value: 100 },
      { key: '99.5%', value: 100 },
      { key: '99.9%', value: 100 },
      { key: 'Highest', value: 100 },
    ]);
  });

  it('are empty before the first event', () => {
    expect(summarize([])).toEqual([]);
  });

  it('cover the most recent events only', () => {
    const consumer = new Consumer('a', 1);
    consumer.observe(1_000_000);
    for (let count = 0; count < 1000; count++) consumer.observe(1);
    expect(consumer.measurements().at(-1)).toEqual({ key: 'Highest', value: 1 });
  });
});
