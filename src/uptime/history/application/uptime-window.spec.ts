import { ValidationError } from '../../../event-store/domain/index.js';
import { HOUR_MS, windowOf } from './uptime-window.js';

const NOW = Date.UTC(2026, 0, 1, 12);
const ago = (hours: number): number => NOW - hours * HOUR_MS;

describe('the window of a query', () => {
  it.each([
    ['ends now and has 24 hours', {}, ago(24), NOW],
    ['has the given hours', { hours: 2 }, ago(2), NOW],
    ['has the given hours until to', { hours: 2, to: ago(5) }, ago(7), ago(5)],
    ['has 24 hours until to', { to: ago(5) }, ago(29), ago(5)],
    ['is from from to now', { from: ago(3) }, ago(3), NOW],
    ['is from from to to', { from: ago(3), to: ago(1) }, ago(3), ago(1)],
    ['does not go beyond now', { from: ago(3), to: NOW + 1 }, ago(3), NOW],
    ['does not go beyond now with hours', { hours: 1, to: NOW + 1 }, ago(1), NOW],
    ['may have a year', { from: ago(8_760) }, ago(8_760), NOW],
  ])('%s', (_, requested, from, to) => {
    expect(windowOf(requested, NOW)).toEqual({ from, to });
  });

  it.each([
    ['from with hours', { from: ago(3), hours: 3 }, 'cannot be combined with hours'],
    ['an empty one', { from: ago(1), to: ago(1) }, 'must be earlier than to'],
    ['one that ends before it starts', { from: ago(1), to: ago(2) }, 'must be earlier than to'],
    ['one in the future', { from: NOW + 1, to: NOW + 2 }, 'must be earlier than now'],
    ['more than a year', { from: ago(8_760) - 1 }, 'must be at most 8760 hours before now'],
  ])('is refused for %s', (_, requested, problem) => {
    expect(() => windowOf(requested, NOW)).toThrow(ValidationError);
    expect(() => windowOf(requested, NOW)).toThrow(`from: ${problem}`);
  });
});
