import fc from 'fast-check';
import { applySample, rejudge } from './rejudge.js';
import { type Sample } from '../samples/sample.js';
import { OBSERVED_STATUSES } from './service-status.js';
import { type StatusChange } from './status-change.js';
import { NEVER_PROBED, type Thresholds } from './status-detector.js';

const START = Date.UTC(2026, 0, 1);

/** Samples in order of time, at any distance from each other, also none. */
const histories: fc.Arbitrary<Sample[]> = fc
  .array(
    fc.record({
      status: fc.constantFrom(...OBSERVED_STATUSES),
      after: fc.nat(20_000),
      responseMicros: fc.nat(2_000_000),
    }),
    { maxLength: 80 },
  )
  .map((drawn) => {
    let at = START;
    return drawn.map(({ status, after, responseMicros }) => ({
      at: (at += after),
      responseMicros,
      status,
      ...(status === 'down' ? { error: 'answered 503' } : { grade: status === 'up' ? 'excellent' : 'slow' }),
    }));
  });
const rules: fc.Arbitrary<Thresholds> = fc.record({
  failureThreshold: fc.integer({ min: 1, max: 5 }),
  successThreshold: fc.integer({ min: 1, max: 5 }),
});

/** Each change beside the sample that confirmed it. */
function confirmations(
  samples: readonly Sample[],
  thresholds: Thresholds,
): { readonly change: StatusChange; readonly sample: Sample }[] {
  let state = NEVER_PROBED;
  return samples.flatMap((sample) => {
    const judgement = applySample('http', state, sample, thresholds);
    state = judgement.state;
    return judgement.change ? [{ change: judgement.change, sample }] : [];
  });
}

describe('a history that is judged again', () => {
  it('is the same under the same rules, however often, and the one that was found sample by sample', () => {
    fc.assert(
      fc.property(histories, rules, (samples, thresholds) => {
        const judged = rejudge('http', samples, thresholds);
        expect(rejudge('http', samples, thresholds)).toEqual(judged);
        expect(rejudge('http', structuredClone(samples), { ...thresholds })).toEqual(judged);
        expect(confirmations(samples, thresholds).map(({ change }) => change)).toEqual(judged);
      }),
    );
  });

  it('begins as its own beginning does: later samples change nothing of what was confirmed', () => {
    fc.assert(
      fc.property(histories, rules, fc.nat(80), (samples, thresholds, count) => {
        const early = rejudge('http', samples.slice(0, count), thresholds);
        expect(rejudge('http', samples, thresholds).slice(0, early.length)).toEqual(early);
      }),
    );
  });

  it('has statuses that differ from one change to the next', () => {
    fc.assert(
      fc.property(histories, rules, (samples, thresholds) => {
        const statuses = rejudge('http', samples, thresholds).map(({ status }) => status);
        statuses.slice(1).forEach((status, index) => expect(status).not.toBe(statuses[index]));
      }),
    );
  });

  it('has no change that is dated before the one that it follows, nor after the sample that confirmed it', () => {
    fc.assert(
      fc.property(histories, rules, (samples, thresholds) => {
        let previous = -Infinity;
        for (const { change, sample } of confirmations(samples, thresholds)) {
          expect(change.at).toBeGreaterThanOrEqual(previous);
          expect(change.at).toBeLessThanOrEqual(sample.at);
          previous = change.at;
        }
      }),
    );
  });

  it('has its changes dated to samples that were taken, and lasting from one to the next', () => {
    fc.assert(
      fc.property(histories, rules, (samples, thresholds) => {
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

  it('is another one under other rules: each failure counts where one is enough, none where it takes more than there were', () => {
    const samples: Sample[] = (['up', 'up', 'down', 'up', 'up'] as const).map((status, index) => ({
      at: START + index * 1_000,
      responseMicros: 900,
      status,
      ...(status === 'down' ? { error: 'answered 503' } : { grade: 'excellent' }),
    }));
    const told = (thresholds: Thresholds): string[] => rejudge('http', samples, thresholds).map(({ status }) => status);
    expect(told({ failureThreshold: 1, successThreshold: 1 })).toEqual(['up', 'down', 'up']);
    expect(told({ failureThreshold: 2, successThreshold: 2 })).toEqual(['up']);
  });
});
