import { Places } from './places.js';

describe('places', () => {
  it('are limited for each subject, and in all', () => {
    const places = new Places(5, 2);
    const taken = ['a', 'a', 'a', 'b', 'b', 'c', 'd'].map((subject) => places.take(subject) !== undefined);
    expect(taken).toEqual([true, true, false, true, true, true, false]);
  });

  it('can be taken again when they are given back, each once', () => {
    const places = new Places(5, 1);
    const giveBack = places.take('a');
    expect(places.take('a')).toBeUndefined();
    giveBack?.();
    giveBack?.();
    expect(places.take('a')).toBeDefined();
    expect(places.take('a')).toBeUndefined();
  });
});
