import { Consumer } from './consumer.js';
import { type ConsumerStrategy, strategyFor } from './consumer-strategy.js';
import { type ConsumerStrategyName } from './settings.js';

function strategyWith(name: ConsumerStrategyName, consumers: readonly Consumer[]): ConsumerStrategy {
  const strategy = strategyFor(name);
  for (const consumer of consumers) strategy.add(consumer);
  return strategy;
}

/** Delivers one event with the key; returns the id of its consumer. */
function deliver(strategy: ConsumerStrategy, pinKey = ''): string | undefined {
  const consumer = strategy.choose(pinKey);
  if (consumer === undefined) return undefined;
  consumer.taken();
  strategy.taken(consumer, pinKey);
  return consumer.id;
}

function release(strategy: ConsumerStrategy, consumer: Consumer, pinKey: string): void {
  consumer.released();
  strategy.released(consumer, pinKey);
}

const keys = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `stream-${index}`);

describe('RoundRobin', () => {
  it('delivers to the consumers in turn and skips full ones', () => {
    const strategy = strategyWith('RoundRobin', [new Consumer('a', 3), new Consumer('b', 1), new Consumer('c', 3)]);
    expect(Array.from({ length: 8 }, () => deliver(strategy))).toEqual(['a', 'b', 'c', 'a', 'c', 'a', 'c', undefined]);
  });

  it('skips a disconnected consumer', () => {
    const disconnected = new Consumer('a', 9);
    const strategy = strategyWith('RoundRobin', [disconnected, new Consumer('b', 9)]);
    strategy.remove(disconnected);
    expect([deliver(strategy), deliver(strategy)]).toEqual(['b', 'b']);
  });
});

describe('DispatchToSingle', () => {
  it('delivers to one consumer until it is full, then to the next one', () => {
    const first = new Consumer('a', 2);
    const strategy = strategyWith('DispatchToSingle', [first, new Consumer('b', 9)]);
    expect([deliver(strategy), deliver(strategy), deliver(strategy)]).toEqual(['a', 'a', 'b']);
    release(strategy, first, '');
    expect(deliver(strategy)).toBe('b');
  });
});

describe('Pinned', () => {
  it('delivers events with the same key to the same consumer', () => {
    const strategy = strategyWith('Pinned', [new Consumer('a', 99), new Consumer('b', 99)]);
    const first = keys(20).map((key) => deliver(strategy, key));
    expect(keys(20).map((key) => deliver(strategy, key))).toEqual(first);
    expect(new Set(first)).toEqual(new Set(['a', 'b']));
  });

  it('lets events wait for their consumer while others are delivered', () => {
    const [first, second] = [new Consumer('a', 1), new Consumer('b', 1)];
    const strategy = strategyWith('Pinned', [first, second]);
    expect(deliver(strategy, 'x')).toBe('a');
    expect(deliver(strategy, 'x')).toBeUndefined();
    expect(deliver(strategy, 'y')).toBe('b');
    release(strategy, first, 'x');
    expect(deliver(strategy, 'x')).toBe('a');
  });

  it('reassigns a fair share of the keys to a new consumer, except keys in flight', () => {
    const first = new Consumer('a', 1000);
    const strategy = strategyWith('Pinned', [first]);
    for (const key of keys(200)) deliver(strategy, key);
    for (const key of keys(200).slice(20)) release(strategy, first, key);
    strategy.add(new Consumer('b', 1000));
    const owners = keys(200).map((key) => deliver(strategy, key));
    expect(owners.slice(0, 20).every((owner) => owner === 'a')).toBe(true);
    const moved = owners.filter((owner) => owner === 'b').length;
    expect(moved).toBeGreaterThan(80);
    expect(moved).toBeLessThan(120);
  });

  it('distributes the keys of a disconnected consumer among the others', () => {
    const [disconnected, ...others] = ['a', 'b', 'c'].map((id) => new Consumer(id, 1000));
    if (disconnected === undefined) throw new Error('there is no consumer');
    const strategy = strategyWith('Pinned', [disconnected, ...others]);
    for (const key of keys(90)) deliver(strategy, key);
    strategy.remove(disconnected);
    const owners = keys(90).map((key) => deliver(strategy, key));
    expect(new Set(owners)).toEqual(new Set(['b', 'c']));
  });
});
