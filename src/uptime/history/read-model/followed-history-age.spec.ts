import { type HistoryAge } from '../../domain/index.js';
import { FollowedHistoryAge, STALE_AFTER_MS } from './followed-history-age.js';

const ageOf = (isCaughtUp: boolean, ageMs?: number, currentAt?: number): HistoryAge =>
  new FollowedHistoryAge({ isCaughtUp, currentAt }, { ageMs });

describe('the age of the recorded history', () => {
  it.each([undefined, 0, STALE_AFTER_MS])('is no matter while the tables follow the store, %p ms behind', (ageMs) => {
    expect(ageOf(true, ageMs).staleness).toBeUndefined();
  });

  it('counts at once when the store is lost, and after a while without its answer', () => {
    expect(ageOf(false, 0).staleness).toEqual({ ageMs: 0 });
    expect(ageOf(true, STALE_AFTER_MS + 1).staleness).toEqual({ ageMs: STALE_AFTER_MS + 1 });
  });

  it('is not known of tables that were never complete', () => {
    expect(ageOf(false)).toMatchObject({ isComplete: false, staleness: {} });
    expect(ageOf(false, 5, 1)).toMatchObject({ isComplete: true, staleness: { ageMs: 5 } });
  });
});
