import { Progress } from './progress.js';

const SETTINGS = { checkpointAfterMs: 100, minCheckpointCount: 2, maxCheckpointCount: 5 };
const START_MS = 5000;
const LATER_MS = START_MS + 100;

const started = (settings: Partial<typeof SETTINGS> = {}, checkpoint?: number): Progress =>
  new Progress({ ...SETTINGS, ...settings }, checkpoint, START_MS);

describe('the progress of a group', () => {
  it('has a checkpoint due when enough events are finished and enough time has passed', () => {
    const progress = started();
    const [first, second] = [progress.take(10), progress.take(11)];
    progress.finish(first);
    expect(progress.nextDueMs()).toBeUndefined();
    progress.finish(second);
    expect(progress.due(LATER_MS - 1)).toBeUndefined();
    expect(progress.nextDueMs()).toBe(LATER_MS);
    expect(progress.due(LATER_MS)).toEqual({ sourcePosition: 11, count: 2 });
  });

  it('has a checkpoint due immediately when maxCheckpointCount events are finished', () => {
    const progress = started();
    for (let sourcePosition = 0; sourcePosition < 5; sourcePosition++) progress.finish(progress.take(sourcePosition));
    expect(progress.due(START_MS)).toEqual({ sourcePosition: 4, count: 5 });
  });

  it('ends before the first unfinished event', () => {
    const progress = started();
    const sequences = [3, 5, 8, 9].map((sourcePosition) => progress.take(sourcePosition));
    for (const sequence of [sequences[0], sequences[1], sequences[3]])
      if (sequence !== undefined) progress.finish(sequence);
    expect(progress.due(LATER_MS)).toEqual({ sourcePosition: 5, count: 2 });
  });

  it('has no checkpoint before its first event is finished', () => {
    const progress = started({ minCheckpointCount: 0, maxCheckpointCount: 0 });
    progress.take(0);
    expect(progress.due(LATER_MS)).toBeUndefined();
  });

  it('counts skipped events unless they are excluded', () => {
    const progress = started();
    progress.skip(40, 3);
    expect(progress.due(LATER_MS)).toEqual({ sourcePosition: 40, count: 3 });
    progress.written({ sourcePosition: 40, count: 3 }, LATER_MS);
    progress.skip(90, 0);
    expect(progress.nextDueMs()).toBeUndefined();
    progress.skip(92, 2);
    expect(progress.due(LATER_MS + 100)).toEqual({ sourcePosition: 92, count: 5 });
  });

  it('continues from the written checkpoint', () => {
    const progress = started({}, 7);
    expect(progress.checkpointedPosition).toBe(7);
    const first = progress.take(8);
    const second = progress.take(9);
    progress.take(10);
    progress.finish(first);
    progress.finish(second);
    expect(progress.due(LATER_MS)).toEqual({ sourcePosition: 9, count: 2 });
    progress.written({ sourcePosition: 9, count: 2 }, LATER_MS);
    expect(progress.checkpointedPosition).toBe(9);
    expect(progress.nextDueMs()).toBeUndefined();
  });

  it('retries a failed checkpoint later', () => {
    const progress = started();
    progress.finish(progress.take(0));
    progress.finish(progress.take(1));
    progress.postpone(LATER_MS);
    expect(progress.due(LATER_MS)).toBeUndefined();
    expect(progress.due(LATER_MS + 100)).toEqual({ sourcePosition: 1, count: 2 });
    expect(progress.checkpointedPosition).toBeUndefined();
  });

  it('returns the source position of the last taken event', () => {
    const progress = started();
    expect(progress.lastKnownPosition).toBeUndefined();
    progress.take(4);
    progress.skip(9, 1);
    expect(progress.lastKnownPosition).toBe(4);
  });
});
