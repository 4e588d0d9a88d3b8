import { Consumer } from './consumer.js';
import { type ConsumerStrategy, strategyFor } from './consumer-strategy.js';
import { type ConsumerStrategyName } from './settings.js';

function strategyWith(name: ConsumerStrategyName, consumers: readonly Consumer[]): ConsumerStrategy {
  const strategy = strategyFor(name);
  for (const consumer of consumers) strategy.add(consumer);
  return strategy;
}

/** Gives out one event with the key; returns who got it. */
function give(strategy: ConsumerStrategy, pinKey = ''): string | undefined {
  const consumer = strategy.choose(pinKey);
  if (consumer === undefined) return undefined;
  consumer.taken();
  strategy.taken(consumer, pinKey);
  return consumer.id;
}

function answer(strategy: ConsumerStrategy, consumer: Consumer, pinKey: string): void {
  consumer.released();
  strategy.released(consumer, pinKey);
}

const keys = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `stream-${index}`);

describe('RoundRobin', () => {
  it('gives consumers one event each in turn, and passes over those that are full', () => {
    const strategy = strategyWith('RoundRobin', [new Consumer('a', 3), new Consumer('b', 1), new Consumer('c', 3)]);
    expect(Array.from({ length: 8 }, () => give(strategy))).toEqual(['a', 'b', 'c', 'a', 'c', 'a', 'c', undefined]);
  });

  it('forgets a consumer that left', () => {
    const left = new Consumer('a', 9);
    const strategy = strategyWith('RoundRobin', [left, new Consumer('b', 9)]);
    strategy.remove(left);
    expect([give(strategy), give(strategy)]).toEqual(['b', 'b']);
  });
});

describe('DispatchToSingle', () => {
  it('gives everything to one consumer until that is full, then to the next, and stays there', () => {
    const first = new Consumer('a', 2);
    const strategy = strategyWith('DispatchToSingle', [first, new Consumer('b', 9)]);
    expect([give(strategy), give(strategy), give(strategy)]).toEqual(['a', 'a', 'b']);
    answer(strategy, first, '');
    expect(give(strategy)).toBe('b');
  });
});

describe('Pinned', () => {
  it('gives events with the same key to the same consumer', () => {
    const strategy = strategyWith('Pinned', [new Consumer('a', 99), new Consumer('b', 99)]);
    const first = keys(20).map((key) => give(strategy, key));
    expect(keys(20).map((key) => give(strategy, key))).toEqual(first);
    expect(new Set(first)).toEqual(new Set(['a', 'b']));
  });

  it('lets events wait for their consumer while others go on', () => {
    const [first, second] = [new Consumer('a', 1), new Consumer('b', 1)];
    const strategy = strategyWith('Pinned', [first, second]);
    expect(give(strategy, 'x')).toBe('a');
    expect(give(strategy, 'x')).toBeUndefined();
    expect(give(strategy, 'y')).toBe('b');
    answer(strategy, first, 'x');
    expect(give(strategy, 'x')).toBe('a');
  });

  it('hands a fair share over to a consumer that joins, but no key whose events are still being processed', () => {
    const first = new Consumer('a', 1000);
    const strategy = strategyWith('Pinned', [first]);
    for (const key of keys(200)) give(strategy, key);
    for (const key of keys(200).slice(20)) answer(strategy, first, key);
    strategy.add(new Consumer('b', 1000));
    const owners = keys(200).map((key) => give(strategy, key));
    expect(owners.slice(0, 20).every((owner) => owner === 'a')).toBe(true);
    const moved = owners.filter((owner) => owner === 'b').length;
    expect(moved).toBeGreaterThan(80);
    expect(moved).toBeLessThan(120);
  });

  it('divides the keys of a consumer that left among the others', () => {
    const [left, ...others] = ['a', 'b', 'c'].map((id) => new Consumer(id, 1000));
    if (left === undefined) throw new Error('nobody can leave');
    const strategy = strategyWith('Pinned', [left, ...others]);
    for (const key of keys(90)) give(strategy, key);
    strategy.remove(left);
    const owners = keys(90).map((key) => give(strategy, key));
    expect(new Set(owners)).toEqual(new Set(['b', 'c']));
  });
});
