import fc from 'fast-check';
import {
  CORRECTED_STATUSES,
  type Correction,
  correctionOf,
  flattenCorrections,
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
  it('is recorded under the id and time it is given, with times that people can read', () => {
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

  it.each(CORRECTED_STATUSES)('is read back as the correction it was: %s', (status) => {
    const stored: unknown = JSON.parse(
      JSON.stringify(toStatusCorrected({ ...CORRECTION, status }, NOON, 'evt_0_abcdefgh').data),
    );
    expect(correctionOf(StatusCorrected.parse(stored))).toEqual({ ...CORRECTION, status });
  });

  it.each<[string, object, RegExp]>([
    ['a status that there is not', { status: 'fine' }, /status must be one of up, degraded, down, unknown, asProbed/],
    ['an end that is not later', { to: '2026-01-01T12:00:00.000Z' }, /to must be later than from/],
    ['an id that cannot stand in a path', { correctionId: '' }, /correctionId must be 1 to 100 letters/],
  ])('is refused with %s', (_, wrong, message) => {
    expect(() =>
      StatusCorrected.parse({ ...toStatusCorrected(CORRECTION, NOON, 'evt_0_abcdefgh').data, ...wrong }),
    ).toThrow(message);
  });
});

describe('corrections that overlap', () => {
  it('hold each where no later one does', () => {
    expect(
      flattenCorrections([
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

  it('are gone where a later one takes them back', () => {
    expect(
      flattenCorrections([
        { from: 0, to: 100, status: 'up' },
        { from: 20, to: 200, status: 'asProbed' },
      ]),
    ).toEqual([{ from: 0, to: 20, status: 'up' }]);
  });

  it('say, for every moment, what the last one says that holds there', () => {
    const corrections = fc.array(
      fc.record({ from: fc.nat(60), length: fc.nat(30), status: fc.constantFrom(...CORRECTED_STATUSES) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(corrections, (given) => {
        const made = given.map(({ from, length, status }) => ({ from, to: from + length, status }));
        const spans = flattenCorrections(made);
        spans.slice(1).forEach(({ from }, index) => expect(from).toBeGreaterThanOrEqual(spans[index]?.to ?? Infinity));
        for (let time = 0; time < 95; time++) {
          const said = made.findLast(({ from, to }) => from <= time && time < to)?.status ?? 'asProbed';
          expect(spans.find(({ from, to }) => from <= time && time < to)?.status ?? 'asProbed').toBe(said);
        }
      }),
    );
  });
});
