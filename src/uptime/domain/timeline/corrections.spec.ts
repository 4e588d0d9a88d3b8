import fc from 'fast-check';
import {
  CORRECTED_STATUSES,
  type Correction,
  fromStatusCorrected,
  effectiveCorrections,
  StatusCorrected,
  toStatusCorrected,
} from './corrections.js';

const NOON = Date.UTC(2026, 0, 1, 12);
const CORRECTION: Correction = {
  id: 'cor_1',
  from: NOON,
  to: NOON + 60_000,
  status: 'up',
  reason: 'a false alarm',
  correctedBy: 'an-admin',
};

describe('StatusCorrected', () => {
  it('is recorded with the given event id and timestamp, and with ISO 8601 times', () => {
    expect(toStatusCorrected(CORRECTION, NOON + 120_000, 'evt_0_abcdefgh')).toEqual({
      type: 'StatusCorrected',
      data: {
        correctionId: 'cor_1',
        from: '2026-01-01T12:00:00.000Z',
        to: '2026-01-01T12:01:00.000Z',
        status: 'up',
        reason: 'a false alarm',
        correctedBy: 'an-admin',
      },
      timestamp: '2026-01-01T12:02:00.000Z',
      eventId: 'evt_0_abcdefgh',
      metadata: { source: 'penguin-pool-streams/uptime' },
    });
  });

  it.each(CORRECTED_STATUSES)('is parsed back to the same correction: %s', (status) => {
    const stored: unknown = JSON.parse(
      JSON.stringify(toStatusCorrected({ ...CORRECTION, status }, NOON, 'evt_0_abcdefgh').data),
    );
    expect(fromStatusCorrected(StatusCorrected.parse(stored))).toEqual({ ...CORRECTION, status });
  });

  it.each<[string, object, RegExp]>([
    ['an unknown status', { status: 'fine' }, /status must be one of up, degraded, down, unknown, asProbed/],
    ['an end that is not later than the start', { to: '2026-01-01T12:00:00.000Z' }, /to must be later than from/],
    [
      'an id with characters that are not allowed in a path',
      { correctionId: '' },
      /correctionId must be 1 to 100 letters/,
    ],
  ])('rejects %s', (_, wrong, message) => {
    expect(() =>
      StatusCorrected.parse({ ...toStatusCorrected(CORRECTION, NOON, 'evt_0_abcdefgh').data, ...wrong }),
    ).toThrow(message);
  });
});

describe('effectiveCorrections', () => {
  it('lets the latest of overlapping corrections apply', () => {
    expect(
      effectiveCorrections([
        { from: 0, to: 100, status: 'up' },
        { from: 40, to: 60, status: 'down' },
        { from: 90, to: 120, status: 'unknown' },
      ]),
    ).toEqual([
      { from: 0, to: 40, status: 'up' },
      { from: 40, to: 60, status: 'down' },
      { from: 60, to: 90, status: 'up' },
      { from: 90, to: 120, status: 'unknown' },
    ]);
  });

  it('reverts corrections by a later asProbed', () => {
    expect(
      effectiveCorrections([
        { from: 0, to: 100, status: 'up' },
        { from: 20, to: 200, status: 'asProbed' },
      ]),
    ).toEqual([{ from: 0, to: 20, status: 'up' }]);
  });

  it('returns, for any time, the status of the last correction that contains it', () => {
    const corrections = fc.array(
      fc.record({ from: fc.nat(60), length: fc.nat(30), status: fc.constantFrom(...CORRECTED_STATUSES) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(corrections, (given) => {
        const made = given.map(({ from, length, status }) => ({ from, to: from + length, status }));
        const ranges = effectiveCorrections(made);
        ranges
          .slice(1)
          .forEach(({ from }, index) => expect(from).toBeGreaterThanOrEqual(ranges[index]?.to ?? Infinity));
        for (let time = 0; time < 95; time++) {
          const said = made.findLast(({ from, to }) => from <= time && time < to)?.status ?? 'asProbed';
          expect(ranges.find(({ from, to }) => from <= time && time < to)?.status ?? 'asProbed').toBe(said);
        }
      }),
    );
  });
});
