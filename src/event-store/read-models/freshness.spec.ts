import { type EventStore, type LogExtent, type Position } from '../domain/index.js';
import { Freshness, MAX_STALENESS_MS } from './freshness.js';

const at = (commit: number): Position => ({ commit: BigInt(commit), prepare: BigInt(commit) });

/** A model and a store whose positions a test sets. */
class Situation implements Pick<EventStore, 'readLogExtent'> {
  readonly model: { isCaughtUp: boolean; position: Position | undefined } = { isCaughtUp: true, position: at(10) };
  /** Positions of the events that the model follows. */
  matching: number[] = [10];
  end = 10;
  nowMs = 0;
  readonly examinedFrom: (Position | undefined)[] = [];
  onRead: (() => void) | undefined;
  readonly freshness = new Freshness(this.model, this, ['user-'], {
    now: () => this.nowMs,
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
  let situation: Situation;
  beforeEach(() => (situation = new Situation()));
  const isFresh = (): boolean => situation.freshness.isFresh;

  it('is not shown before the store was asked, and for a second after it', async () => {
    expect(isFresh()).toBe(false);
    await situation.freshness.observe();
    expect(isFresh()).toBe(true);
    situation.nowMs = MAX_STALENESS_MS;
    expect(isFresh()).toBe(true);
    situation.nowMs++;
    expect(isFresh()).toBe(false);
  });

  it('counts from before the question, not from the answer', async () => {
    situation.onRead = () => (situation.nowMs = 400);
    await situation.freshness.observe();
    situation.nowMs = 1_000;
    expect(isFresh()).toBe(true);
    situation.nowMs = 1_001;
    expect(isFresh()).toBe(false);
  });

  it('is shown once the model has reached what the store had, if that was no longer than a second ago', async () => {
    situation.append(20);
    await situation.freshness.observe();
    expect(isFresh()).toBe(false);
    situation.nowMs = 900;
    situation.model.position = at(19);
    expect(isFresh()).toBe(false);
    situation.model.position = at(20);
    expect(isFresh()).toBe(true);
    situation.append(30);
    await situation.freshness.observe();
    situation.nowMs = 2_000;
    situation.model.position = at(30);
    expect(isFresh()).toBe(false);
  });

  it('needs no position of events that the model does not follow, and examines none twice', async () => {
    situation.append(2_000, false);
    await situation.freshness.observe();
    expect(isFresh()).toBe(true);
    situation.append(3_000, false);
    situation.nowMs = 5_000;
    await situation.freshness.observe();
    expect(isFresh()).toBe(true);
    expect(situation.examinedFrom).toEqual([at(10), at(2_000)]);
  });

  it('remembers an event that the model has not reached while others follow', async () => {
    situation.append(20);
    await situation.freshness.observe();
    situation.append(30, false);
    situation.nowMs = 500;
    await situation.freshness.observe();
    expect(isFresh()).toBe(false);
    situation.model.position = at(20);
    expect(isFresh()).toBe(true);
  });

  it('is not examined while the model catches up', async () => {
    situation.model.isCaughtUp = false;
    await situation.freshness.observe();
    expect(situation.examinedFrom).toEqual([]);
    expect(isFresh()).toBe(false);
  });

  it('begins again when the log is shorter than before: it is that of another store', async () => {
    await situation.freshness.observe();
    situation.nowMs = 5_000;
    situation.end = 3;
    situation.matching = [3];
    situation.model.position = at(3);
    await situation.freshness.observe();
    expect(isFresh()).toBe(false);
    await situation.freshness.observe();
    expect(isFresh()).toBe(true);
  });
});
