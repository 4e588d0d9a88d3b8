import { knownNames, nearestOf } from './nearest.js';

const NAMES = ['hours', 'degraded', 'unknown', 'id'];

describe('nearestOf', () => {
  it.each([
    ['hour', 'hours'],
    ['horus', 'hours'],
    ['HOURS', 'hours'],
    ['degradet', 'degraded'],
    ['ids', 'id'],
    ['minutes', undefined],
    ['xy', undefined],
    ['', undefined],
  ])('finds for %p %p', (unknown, nearest) => {
    expect(nearestOf(unknown, NAMES)).toBe(nearest);
  });

  it('takes no time for names that are much too long', () => {
    const start = performance.now();
    for (let time = 0; time < 20; time++) nearestOf('x'.repeat(1_000_000), NAMES);
    expect(performance.now() - start).toBeLessThan(50);
  });
});

describe('knownNames', () => {
  it('lists what is known, after what was probably meant', () => {
    expect(knownNames('hour', NAMES)).toBe("did you mean 'hours'? Known are hours, degraded, unknown, id");
    expect(knownNames('x', NAMES)).toBe('known are hours, degraded, unknown, id');
    expect(knownNames('x', [])).toBe('none is known');
  });

  it('lists twenty names, and counts the others', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `service-${index}`);
    expect(knownNames('service-x', many)).toMatch(/service-19 and 980 more$/);
    expect(knownNames('service-x', many).length).toBeLessThan(300);
  });
});
