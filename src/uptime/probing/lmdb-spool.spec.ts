import { whileUsed } from '../../../test/support/other-process.js';
import { TemporarySpool } from '../../../test/support/temporary-spool.js';
import { type Sample } from '../domain/index.js';

const sample = (at: number, error?: string): Sample => ({
  at,
  responseMicros: 12_345,
  status: error === undefined ? 'up' : 'down',
  ...(error === undefined ? { grade: 'excellent' as const } : { error }),
});

describe('the spool', () => {
  const temporary = new TemporarySpool();
  afterEach(() => temporary.remove());

  it('returns samples per service in insertion order', () => {
    const spool = temporary.open();
    spool.add('a', sample(1));
    spool.add('b', sample(2));
    spool.add('a', sample(3, 'refused'));
    expect(spool.samples('a', 10)).toEqual([sample(1), sample(3, 'refused')]);
    expect(spool.samples('a', 1)).toEqual([sample(1)]);
    expect([spool.oldest('a'), spool.oldest('b'), spool.oldest('c')]).toEqual([sample(1), sample(2), undefined]);
    expect([spool.count('a'), spool.count('b'), spool.count('c')]).toEqual([2, 1, 0]);
    expect(spool.services()).toEqual(['a', 'b']);
  });

  it('rejects a directory that another process uses', async () => {
    temporary.open();
    await temporary.restart();
    await whileUsed(temporary.directory, (pid) =>
      expect(() => temporary.open()).toThrow(`is in use by process ${pid}`),
    );
  });

  it('keeps samples over a restart and appends after them', async () => {
    const before = temporary.open();
    for (let at = 1; at <= 300; at++) before.add('a', sample(at));
    before.removeOldest('a', 100);
    expect(before.removeAfter('a', 290)).toBe(10);
    await temporary.restart();
    const after = temporary.open();
    expect([after.count('a'), after.oldest('a')?.at, after.samples('a', 1_000).at(-1)?.at]).toEqual([190, 101, 290]);
    after.add('a', sample(400));
    await temporary.restart();
    expect(
      temporary
        .open()
        .samples('a', 1_000)
        .map(({ at }) => at),
    ).toEqual([...Array.from({ length: 190 }, (_, index) => 101 + index), 400]);
  });

  it('returns the predecessor and the end of its validity', async () => {
    const first = temporary.open(1_000, 'first');
    expect([first.predecessor, first.predecessorValidUntil]).toEqual([undefined, 0]);
    first.setValidUntil(1_700_000_000_000);
    await temporary.restart();
    const second = temporary.open(1_000, 'second');
    expect([second.predecessor, second.predecessorValidUntil]).toEqual(['first', 1_700_000_000_000]);
  });

  it('drops and counts the oldest samples of the largest service when it is full', async () => {
    const spool = temporary.open(1_000);
    for (let at = 1; at <= 3; at++) spool.add('few', sample(at));
    for (let at = 1; at <= 20; at++) spool.add('many', sample(at));
    expect([spool.count('few'), spool.count('many'), spool.oldest('many')?.at]).toEqual([3, 7, 14]);
    expect([spool.takeDropped('many'), spool.takeDropped('many'), spool.takeDropped('few')]).toEqual([13, 0, 0]);
    await temporary.restart();
    expect(
      temporary
        .open(1_000)
        .samples('many', 100)
        .map(({ at }) => at),
    ).toEqual([14, 15, 16, 17, 18, 19, 20]);
  });

  it('includes long errors in its size', () => {
    const spool = temporary.open(1_000);
    for (let at = 1; at <= 10; at++) spool.add('a', sample(at, 'x'.repeat(400)));
    expect(spool.count('a')).toBe(2);
  });
});
