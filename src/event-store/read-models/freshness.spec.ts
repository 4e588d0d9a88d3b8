import { type EventStore, type LogExtent, type Position } from '../domain/index.js';
import { Freshness, MAX_STALENESS_MS } from './freshness.js';

const at = (commit: number): Position => ({ commit: BigInt(commit), prepare: BigInt(commit) });

/** A model and a store whose positions a test sets. */
class Fixture implements Pick<EventStore, 'readLogExtent'> {
  readonly model: { isCaughtUp: boolean; position: Position | undefined; currentAt?: number } = {
    isCaughtUp: true,
    position: at(10),
  };
  /** Positions of the events that the model follows. */
  matching: number[] = [10];
  end = 10;
  nowMs = 0;
  wallMs = 1_000_000;
  readonly examinedFrom: (Position | undefined)[] = [];
  onRead: (() => void) | undefined;
  readonly freshness = new Freshness(this.model, this, ['user-'], {
    now: () => this.wallMs,
    monotonic: () => this.nowMs,
  });

  readLogExtent(_prefixes: readonly string[], after?: Position): Promise<LogExtent> {
    this.examinedFrom.push(after);
    const last = this.matching.filter((commit) => !after || BigInt(commit) > after.commit).at(-1);
    const extent = { end: at(this.end), lastMatch: last === undefined ? undefined : at(last) };
    this.onRead?.();
    return Promise.resolve(extent);
  }

  append(commit: number, isMatching = true): void {
    this.end = commit;
    if (isMatching) this.matching.push(commit);
  }
}

describe('the freshness of a read model', () => {
  let fixture: Fixture;
  beforeEach(() => (fixture = new Fixture()));
  const isFresh = (): boolean => fixture.freshness.isFresh;

  it('is not shown before the store was asked, and for a second after it', async () => {
    expect(isFresh()).toBe(false);
    await fixture.freshness.observe();
    expect(isFresh()).toBe(true);
    fixture.nowMs = MAX_STALENESS_MS;
    expect(isFresh()).toBe(true);
    fixture.nowMs++;
    expect(isFresh()).toBe(false);
  });

  it('counts from before the question, not from the answer', async () => {
    fixture.onRead = () => (fixture.nowMs = 400);
    await fixture.freshness.observe();
    fixture.nowMs = 1_000;
    expect(isFresh()).toBe(true);
    fixture.nowMs = 1_001;
    expect(isFresh()).toBe(false);
  });

  it('is shown once the model has reached what the store had, if that was no longer than a second ago', async () => {
    fixture.append(20);
    await fixture.freshness.observe();
    expect(isFresh()).toBe(false);
    fixture.nowMs = 900;
    fixture.model.position = at(19);
    expect(isFresh()).toBe(false);
    fixture.model.position = at(20);
    expect(isFresh()).toBe(true);
    fixture.append(30);
    await fixture.freshness.observe();
    fixture.nowMs = 2_000;
    fixture.model.position = at(30);
    expect(isFresh()).toBe(false);
  });

  it('needs no position of events that the model does not follow, and examines none twice', async () => {
    fixture.append(2_000, false);
    await fixture.freshness.observe();
    expect(isFresh()).toBe(true);
    fixture.append(3_000, false);
    fixture.nowMs = 5_000;
    await fixture.freshness.observe();
    expect(isFresh()).toBe(true);
    expect(fixture.examinedFrom).toEqual([at(10), at(2_000)]);
  });

  it('remembers an event that the model has not reached while others follow', async () => {
    fixture.append(20);
    await fixture.freshness.observe();
    fixture.append(30, false);
    fixture.nowMs = 500;
    await fixture.freshness.observe();
    expect(isFresh()).toBe(false);
    fixture.model.position = at(20);
    expect(isFresh()).toBe(true);
  });

  it('is not examined while the model catches up', async () => {
    fixture.model.isCaughtUp = false;
    await fixture.freshness.observe();
    expect(fixture.examinedFrom).toEqual([]);
    expect(isFresh()).toBe(false);
  });

  it('begins again when the log is shorter than before: it is that of another store', async () => {
    await fixture.freshness.observe();
    fixture.nowMs = 5_000;
    fixture.end = 3;
    fixture.matching = [3];
    fixture.model.position = at(3);
    await fixture.freshness.observe();
    expect(isFresh()).toBe(false);
    await fixture.freshness.observe();
    expect(isFresh()).toBe(true);
  });
});

describe('the age of a read model', () => {
  let fixture: Fixture;
  beforeEach(() => (fixture = new Fixture()));
  const ageMs = (): number | undefined => fixture.freshness.ageMs;

  it('is the time since the store was asked last, while it has no answer', async () => {
    expect(ageMs()).toBeUndefined();
    await fixture.freshness.observe();
    fixture.nowMs = 60_000;
    expect(ageMs()).toBe(60_000);
  });

  it('is that of an earlier process before this one has asked the store', async () => {
    fixture.model.currentAt = fixture.wallMs - 90_000;
    expect(ageMs()).toBe(90_000);
    fixture.wallMs -= 100_000;
    expect(ageMs()).toBe(0);
    await fixture.freshness.observe();
    fixture.nowMs = 5;
    expect(ageMs()).toBe(5);
  });

  it('is how far a model is behind that never reaches the end of the log', async () => {
    // An event every half second; the model applies each four seconds later.
    for (let event = 1; event <= 120; event++) {
      fixture.nowMs = event * 500;
      fixture.append(10 + event);
      await fixture.freshness.observe();
      fixture.model.position = at(10 + Math.max(0, event - 8));
      if (event > 8) expect(ageMs()).toBeGreaterThanOrEqual(4_000);
      expect(ageMs() ?? 0).toBeLessThanOrEqual(8_500);
    }
  });
});
