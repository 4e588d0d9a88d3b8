import {
  allGroupFilter,
  checkpointStreamOf,
  formatSourcePosition,
  formatStart,
  groupKey,
  type GroupSource,
  parkedStreamOf,
  parseSourcePosition,
  parseStart,
} from './group-source.js';

const STREAM: GroupSource = { kind: 'stream', streamName: 'orders' };
const ALL: GroupSource = { kind: 'all', filter: undefined };

describe('names of a group', () => {
  it('are those of KurrentDB', () => {
    expect(groupKey(STREAM, 'billing')).toBe('orders::billing');
    expect(groupKey(ALL, 'billing')).toBe('$all::billing');
    expect(checkpointStreamOf('orders::billing')).toBe('$persistentsubscription-orders::billing-checkpoint');
    expect(parkedStreamOf('orders::billing')).toBe('$persistentsubscription-orders::billing-parked');
  });
});

describe('source positions', () => {
  it('are formatted as revisions of a stream or positions of the log', () => {
    expect(formatSourcePosition('stream', 12)).toBe('12');
    expect(formatSourcePosition('all', 12)).toBe('C:12/P:12');
    expect([
      formatStart('stream', 'end'),
      formatStart('all', 'end'),
      formatStart('stream', 'start'),
      formatStart('all', 3),
    ]).toEqual(['-1', 'C:-1/P:-1', '0', 'C:3/P:3']);
  });

  it('are parsed as they were formatted', () => {
    for (const kind of ['stream', 'all'] as const) {
      for (const start of ['start', 'end', 5] as const) expect(parseStart(kind, formatStart(kind, start))).toBe(start);
      expect(parseSourcePosition(kind, formatSourcePosition(kind, 99))).toBe(99);
    }
    expect(parseSourcePosition('stream', 'C:1/P:1')).toBeUndefined();
    expect(parseStart('all', '5')).toBeUndefined();
    expect(parseSourcePosition('stream', '-1')).toBeUndefined();
  });
});

describe('the events of $all for a group', () => {
  it('are those that match its filter, or all', () => {
    const filtered = allGroupFilter({ on: 'streamName', regex: '', prefixes: ['orders'] });
    expect(filtered({ streamName: 'orders-1', eventType: 'placed' })).toBe(true);
    expect(filtered({ streamName: 'users-1', eventType: 'placed' })).toBe(false);
    expect(
      allGroupFilter(undefined)({ streamName: '$persistentsubscription-orders::billing-parked', eventType: '$>' }),
    ).toBe(true);
  });

  it.each(['checkpoint', 'parked'])('exclude the %s events of groups on $all', (suffix) => {
    const event = { streamName: `$persistentsubscription-$all::billing-${suffix}`, eventType: 'any' };
    expect(allGroupFilter(undefined)(event)).toBe(false);
    expect(allGroupFilter({ on: 'streamName', regex: '', prefixes: ['$persistent'] })(event)).toBe(false);
  });
});
