import { OTHER_ERRORS, Rollup, type StoredRollup } from './rollup.js';

const errorsOf = ({ errors }: Rollup): Record<string, number> => Object.fromEntries(errors);

describe('a rollup of samples', () => {
  it('counts samples by status and sums the response times of answered ones', () => {
    const rollup = new Rollup();
    rollup.add({ status: 'up', responseMicros: 1_000 });
    rollup.add({ status: 'up', responseMicros: 3_000 });
    rollup.add({ status: 'degraded', responseMicros: 2_000_000 });
    rollup.add({ status: 'down', responseMicros: 5_000_000 }, 'no answer within # ms');
    const [counts, answeredMicros] = rollup.toStored();
    expect(counts).toEqual([2, 1, 1]);
    expect(answeredMicros).toBe(2_004_000);
    expect(rollup.responseMicros.count).toBe(3);
  });

  it('excludes event-loop lag', () => {
    const rollup = new Rollup();
    rollup.add({ status: 'up', responseMicros: 500_000, delayMicros: 499_980 });
    expect(rollup.toStored()[1]).toBe(20);
    expect(rollup.responseMicros.quantiles([1])).toEqual([20]);
  });

  it('counts errors of failures and warnings by kind', () => {
    const rollup = new Rollup();
    for (let n = 0; n < 3; n++) rollup.add({ status: 'down', responseMicros: 1 }, 'answered 503');
    rollup.add({ status: 'degraded', responseMicros: 1 }, 'the certificate ends in # days');
    expect(errorsOf(rollup)).toEqual({ 'answered 503': 3, 'the certificate ends in # days': 1 });
  });

  it('counts at most twelve error kinds, and all others as one', () => {
    const rollup = new Rollup();
    for (let n = 0; n < 100; n++) rollup.add({ status: 'down', responseMicros: 1 }, `kind ${'x'.repeat(n)}`);
    rollup.add({ status: 'down', responseMicros: 1 }, 'kind x');
    expect(rollup.errors.size).toBe(13);
    expect(errorsOf(rollup)).toMatchObject({ 'kind x': 2, [OTHER_ERRORS]: 88 });
  });

  it('continues from its stored form without loss', () => {
    const [whole, first] = [new Rollup(), new Rollup()];
    const add = (rollup: Rollup, n: number): void =>
      rollup.add({ status: n % 7 === 0 ? 'down' : 'up', responseMicros: n * n }, n % 7 === 0 ? `kind ${n}` : undefined);
    for (let n = 0; n < 60; n++) add(whole, n);
    for (let n = 0; n < 30; n++) add(first, n);
    const resumed = new Rollup();
    resumed.merge(first.toStored());
    for (let n = 30; n < 60; n++) add(resumed, n);
    expect(resumed.toStored()).toEqual(whole.toStored());
  });

  it('merges to the sum of both', () => {
    const some: StoredRollup = [[1, 0, 2], 500, [500, 1], [['a', 2]]];
    const others: StoredRollup = [
      [3, 1, 1],
      100,
      [25, 4],
      [
        ['b', 1],
        ['a', 3],
      ],
    ];
    const merged = new Rollup();
    merged.merge(some);
    merged.merge(others);
    expect(merged.toStored()).toEqual([
      [4, 1, 3],
      600,
      [25, 4, 475, 1],
      [
        ['a', 5],
        ['b', 1],
      ],
    ]);
  });
});
