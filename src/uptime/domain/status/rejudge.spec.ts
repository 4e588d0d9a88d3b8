import fc from 'fast-check';
import { rejudge } from '../../../../test/support/rejudge.js';
import { type Sample } from '../samples/sample.js';
import { OBSERVED_STATUSES } from './service-status.js';
import { type StatusChange } from './status-change.js';
import { applySample, INITIAL_DETECTOR_STATE, type Thresholds } from './status-detector.js';

const START = Date.UTC(2026, 0, 1);

/** Samples in order of time, with any gaps; may be empty. */
const histories: fc.Arbitrary<Sample[]> = fc
  .array(
    fc.record({
      status: fc.constantFrom(...OBSERVED_STATUSES),
      after: fc.nat(20_000),
      responseMicros: fc.nat(2_000_000),
    }),
    { maxLength: 80 },
  )
  .map((generated) => {
    let at = START;
    return generated.map(({ status, after, responseMicros }) => ({
      at: (at += after),
      responseMicros,
      status,
      ...(status === 'down' ? { error: 'answered 503' } : { grade: status === 'up' ? 'excellent' : 'slow' }),
    }));
  });
const thresholdsArbitrary: fc.Arbitrary<Thresholds> = fc.record({
  failureThreshold: fc.integer({ min: 1, max: 5 }),
  successThreshold: fc.integer({ min: 1, max: 5 }),
});

/** Each change with the sample that confirmed it. */
function confirmations(
  samples: readonly Sample[],
  thresholds: Thresholds,
): { readonly change: StatusChange; readonly sample: Sample }[] {
  let state = INITIAL_DETECTOR_STATE;
  return samples.flatMap((sample) => {
    const step = applySample('http', state, sample, thresholds);
    state = step.state;
    return step.change ? [{ change: step.change, sample }] : [];
  });
}

describe('rejudge', () => {
  it('returns the changes found sample by sample, and the same ones each time', () => {
    fc.assert(
      fc.property(histories, thresholdsArbitrary, (samples, thresholds) => {
        const changes = rejudge('http', samples, thresholds);
        expect(rejudge('http', samples, thresholds)).toEqual(changes);
        expect(rejudge('http', structuredClone(samples), { ...thresholds })).toEqual(changes);
        expect(confirmations(samples, thresholds).map(({ change }) => change)).toEqual(changes);
      }),
    );
  });

  it('returns confirmed changes unchanged when later samples are added', () => {
    fc.assert(
      fc.property(histories, thresholdsArbitrary, fc.nat(80), (samples, thresholds, count) => {
        const early = rejudge('http', samples.slice(0, count), thresholds);
        expect(rejudge('http', samples, thresholds).slice(0, early.length)).toEqual(early);
      }),
    );
  });

  it('returns consecutive changes with different statuses', () => {
    fc.assert(
      fc.property(histories, thresholdsArbitrary, (samples, thresholds) => {
        const statuses = rejudge('http', samples, thresholds).map(({ status }) => status);
        statuses.slice(1).forEach((status, index) => expect(status).not.toBe(statuses[index]));
      }),
    );
  });

  it('dates each change no earlier than the previous one and no later than the sample that confirmed it', () => {
    fc.assert(
      fc.property(histories, thresholdsArbitrary, (samples, thresholds) => {
        let previous = -Infinity;
        for (const { change, sample } of confirmations(samples, thresholds)) {
          expect(change.at).toBeGreaterThanOrEqual(previous);
          expect(change.at).toBeLessThanOrEqual(sample.at);
          previous = change.at;
        }
      }),
    );
  });

  it('dates changes to samples, with the time since the previous change as the duration', () => {
    fc.assert(
      fc.property(histories, thresholdsArbitrary, (samples, thresholds) => {
        const times = new Set(samples.map(({ at }) => at));
        const changes = rejudge('http', samples, thresholds);
        changes.forEach(({ at, duration }, index) => {
          expect(times.has(at)).toBe(true);
          const previous = changes[index - 1];
          expect(duration).toBe(previous && at - previous.at);
        });
      }),
    );
  });

  it('counts every failure with thresholds of 1, and ignores a single failure with thresholds of 2', () => {
    const samples: Sample[] = (['up', 'up', 'down', 'up', 'up'] as const).map((status, index) => ({
      at: START + index * 1_000,
      responseMicros: 900,
      status,
      ...(status === 'down' ? { error: 'answered 503' } : { grade: 'excellent' }),
    }));
    const statuses = (thresholds: Thresholds): string[] =>
      rejudge('http', samples, thresholds).map(({ status }) => status);
    expect(statuses({ failureThreshold: 1, successThreshold: 1 })).toEqual(['up', 'down', 'up']);
    expect(statuses({ failureThreshold: 2, successThreshold: 2 })).toEqual(['up']);
  });
});
