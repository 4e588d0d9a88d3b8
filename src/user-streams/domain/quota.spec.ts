import fc from 'fast-check';
import { NO_USAGE, QuotaExceededError, QuotaReservations, type Usage } from './quota.js';

const limit: Usage = { streams: 3, bytes: 100 };

describe('quota reservations', () => {
  it('accepts an addition up to the limit, and rejects one more with the numbers', () => {
    const reservations = new QuotaReservations(limit);
    reservations.reserve('alice', { streams: 2, bytes: 60 }, { streams: 1, bytes: 40 });
    const rejected = (added: Usage): unknown => {
      try {
        return reservations.reserve('alice', { streams: 2, bytes: 60 }, added);
      } catch (error) {
        return error;
      }
    };
    expect(rejected({ streams: 1, bytes: 0 })).toMatchObject({
      type: 'quota-exceeded',
      details: { quota: 'streams', limit: 3, used: 3, requested: 1 },
    });
    expect(rejected({ streams: 0, bytes: 1 })).toMatchObject({
      type: 'quota-exceeded',
      details: { quota: 'bytes', limit: 100, used: 100, requested: 1 },
    });
  });

  it('counts each user separately, with any id', () => {
    const reservations = new QuotaReservations(limit);
    for (const user of ['alice', 'bob', '__proto__', 'constructor'])
      expect(() => reservations.reserve(user, NO_USAGE, limit)).not.toThrow();
  });

  it('accepts writes that add nothing, also above the limit', () => {
    const reservations = new QuotaReservations(limit);
    expect(() => reservations.reserve('alice', { streams: 9, bytes: 900 }, NO_USAGE)).not.toThrow();
    expect(() => reservations.reserve('alice', { streams: 9, bytes: 0 }, { streams: 0, bytes: 100 })).not.toThrow();
    expect(() => reservations.reserve('alice', { streams: 0, bytes: 900 }, { streams: 1, bytes: 0 })).not.toThrow();
  });

  it('accepts what must be possible without room, up to 1 MiB beyond the bytes, but no further streams', () => {
    const reservations = new QuotaReservations(limit);
    const used = { streams: 3, bytes: limit.bytes };
    const reserve = (added: Usage): unknown => reservations.reserve('alice', used, added, false);
    expect(() => reserve({ streams: 0, bytes: 1_048_576 })).not.toThrow();
    expect(() => reserve({ streams: 0, bytes: 1 })).toThrow(QuotaExceededError);
    expect(() => reserve({ streams: 1, bytes: 0 })).toThrow(QuotaExceededError);
  });

  it('releases a reservation once, also when released twice', () => {
    const reservations = new QuotaReservations(limit);
    const release = reservations.reserve('alice', NO_USAGE, { streams: 3, bytes: 0 });
    release();
    release();
    reservations.reserve('alice', NO_USAGE, { streams: 3, bytes: 0 });
    expect(() => reservations.reserve('alice', NO_USAGE, { streams: 1, bytes: 0 })).toThrow(QuotaExceededError);
  });

  it('returns the remaining quota, at least zero', () => {
    const reservations = new QuotaReservations(limit);
    expect(reservations.remaining({ streams: 1, bytes: 99 })).toEqual({ streams: 2, bytes: 1 });
    expect(reservations.remaining({ streams: 4, bytes: 101 })).toEqual(NO_USAGE);
  });

  it('never exceeds the limit, rejects nothing that fits, and releases everything at the end', () => {
    const step = fc.oneof(
      fc.record({ user: fc.constantFrom('alice', 'bob'), added: fc.record({ streams: fc.nat(2), bytes: fc.nat(60) }) }),
      // Ends a pending write, successfully or not.
      fc.record({ ends: fc.nat(), succeeds: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const reservations = new QuotaReservations(limit);
        const used = new Map<string, Usage>();
        const pending: { user: string; added: Usage; release: () => void }[] = [];
        const usedBy = (user: string): Usage => used.get(user) ?? NO_USAGE;
        const sum = (usages: readonly Usage[]): Usage =>
          usages.reduce(
            (total, { streams, bytes }) => ({ streams: total.streams + streams, bytes: total.bytes + bytes }),
            NO_USAGE,
          );
        const totalOf = (user: string): Usage =>
          sum([usedBy(user), ...pending.filter((write) => write.user === user).map(({ added }) => added)]);
        const fits = (user: string, added: Usage): boolean =>
          (['streams', 'bytes'] as const).every(
            (quota) => added[quota] === 0 || totalOf(user)[quota] + added[quota] <= limit[quota],
          );
        for (const { user, added, ends = 0, succeeds } of steps as readonly {
          user?: string;
          added?: Usage;
          ends?: number;
          succeeds?: boolean;
        }[]) {
          if (user !== undefined && added) {
            const expected = fits(user, added);
            try {
              pending.push({ user, added, release: reservations.reserve(user, usedBy(user), added) });
              expect(expected).toBe(true);
            } catch (error) {
              if (!(error instanceof QuotaExceededError)) throw error;
              expect(expected).toBe(false);
            }
          } else {
            const [write] = pending.splice(ends % Math.max(1, pending.length), 1);
            if (write && succeeds) used.set(write.user, sum([usedBy(write.user), write.added]));
            write?.release();
          }
          for (const name of ['alice', 'bob']) {
            expect(totalOf(name).streams).toBeLessThanOrEqual(limit.streams);
            expect(totalOf(name).bytes).toBeLessThanOrEqual(limit.bytes);
          }
        }
        for (const { release } of pending) release();
        for (const name of ['alice', 'bob']) expect(() => reservations.reserve(name, NO_USAGE, limit)).not.toThrow();
      }),
    );
  });
});
