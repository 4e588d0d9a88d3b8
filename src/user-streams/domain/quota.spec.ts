import fc from 'fast-check';
import { NO_USAGE, QuotaExceededError, QuotaReservations, type Usage } from './quota.js';

const limit: Usage = { streams: 3, bytes: 100 };

describe('the quota ledger', () => {
  it('lets through what fits exactly, and refuses one more, with the numbers', () => {
    const ledger = new QuotaReservations(limit);
    ledger.hold('alice', { streams: 2, bytes: 60 }, { streams: 1, bytes: 40 });
    const refused = (added: Usage): unknown => {
      try {
        return ledger.hold('alice', { streams: 2, bytes: 60 }, added);
      } catch (error) {
        return error;
      }
    };
    expect(refused({ streams: 1, bytes: 0 })).toMatchObject({
      type: 'quota-exceeded',
      details: { quota: 'streams', limit: 3, used: 3, requested: 1 },
    });
    expect(refused({ streams: 0, bytes: 1 })).toMatchObject({
      type: 'quota-exceeded',
      details: { quota: 'bytes', limit: 100, used: 100, requested: 1 },
    });
  });

  it('keeps users apart, whatever they are called', () => {
    const ledger = new QuotaReservations(limit);
    for (const user of ['alice', 'bob', '__proto__', 'constructor'])
      expect(() => ledger.hold(user, NO_USAGE, limit)).not.toThrow();
  });

  it('does not refuse what adds nothing, also to who has more than is allowed by now', () => {
    const ledger = new QuotaReservations(limit);
    expect(() => ledger.hold('alice', { streams: 9, bytes: 900 }, NO_USAGE)).not.toThrow();
    expect(() => ledger.hold('alice', { streams: 9, bytes: 0 }, { streams: 0, bytes: 100 })).not.toThrow();
    expect(() => ledger.hold('alice', { streams: 0, bytes: 900 }, { streams: 1, bytes: 0 })).not.toThrow();
  });

  it('releases a reservation once, also when released twice', () => {
    const ledger = new QuotaReservations(limit);
    const release = ledger.hold('alice', NO_USAGE, { streams: 3, bytes: 0 });
    release();
    release();
    ledger.hold('alice', NO_USAGE, { streams: 3, bytes: 0 });
    expect(() => ledger.hold('alice', NO_USAGE, { streams: 1, bytes: 0 })).toThrow(QuotaExceededError);
  });

  it('says what is left, never less than nothing', () => {
    const ledger = new QuotaReservations(limit);
    expect(ledger.left({ streams: 1, bytes: 99 })).toEqual({ streams: 2, bytes: 1 });
    expect(ledger.left({ streams: 4, bytes: 101 })).toEqual(NO_USAGE);
  });

  it('never lets through more than the limit, refuses nothing that fits, and has all of it free again at the end', () => {
    const step = fc.oneof(
      fc.record({ user: fc.constantFrom('alice', 'bob'), added: fc.record({ streams: fc.nat(2), bytes: fc.nat(60) }) }),
      // Ends the write at that place among those under way, kept or given up.
      fc.record({ ends: fc.nat(), isKept: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ledger = new QuotaReservations(limit);
        const used = new Map<string, Usage>();
        const underWay: { user: string; added: Usage; release: () => void }[] = [];
        const usedBy = (user: string): Usage => used.get(user) ?? NO_USAGE;
        const sum = (usages: readonly Usage[]): Usage =>
          usages.reduce(
            (total, { streams, bytes }) => ({ streams: total.streams + streams, bytes: total.bytes + bytes }),
            NO_USAGE,
          );
        const totalOf = (user: string): Usage =>
          sum([usedBy(user), ...underWay.filter((write) => write.user === user).map(({ added }) => added)]);
        const fits = (user: string, added: Usage): boolean =>
          (['streams', 'bytes'] as const).every(
            (quota) => added[quota] === 0 || totalOf(user)[quota] + added[quota] <= limit[quota],
          );
        for (const { user, added, ends = 0, isKept } of steps as readonly {
          user?: string;
          added?: Usage;
          ends?: number;
          isKept?: boolean;
        }[]) {
          if (user !== undefined && added) {
            const expected = fits(user, added);
            try {
              underWay.push({ user, added, release: ledger.hold(user, usedBy(user), added) });
              expect(expected).toBe(true);
            } catch (error) {
              if (!(error instanceof QuotaExceededError)) throw error;
              expect(expected).toBe(false);
            }
          } else {
            const [write] = underWay.splice(ends % Math.max(1, underWay.length), 1);
            if (write && isKept) used.set(write.user, sum([usedBy(write.user), write.added]));
            write?.release();
          }
          for (const name of ['alice', 'bob']) {
            expect(totalOf(name).streams).toBeLessThanOrEqual(limit.streams);
            expect(totalOf(name).bytes).toBeLessThanOrEqual(limit.bytes);
          }
        }
        for (const { release } of underWay) release();
        for (const name of ['alice', 'bob']) expect(() => ledger.hold(name, NO_USAGE, limit)).not.toThrow();
      }),
    );
  });
});
