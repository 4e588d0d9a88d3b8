import fc from 'fast-check';
import { type Sample } from '../samples/sample.js';
import { OBSERVED_STATUSES, type ObservedStatus } from './service-status.js';
import { type StatusChange } from './status-change.js';
import {
  decide,
  evolve,
  INITIAL_DETECTOR_STATE,
  rebaseChanges,
  type Thresholds,
  type StatusDetectorState,
} from './status-detector.js';

const THRESHOLDS: Thresholds = { failureThreshold: 3, successThreshold: 2 };
const START = Date.UTC(2026, 0, 1);

/** The n-th sample of a test, at one per second. */
function sample(status: ObservedStatus, index: number): Sample {
  const at = START + index * 1_000;
  return status === 'down'
    ? { at, responseMicros: 700, status, error: `failure ${index}` }
    : { at, responseMicros: 12_400, status, grade: status === 'up' ? 'excellent' : 'slow' };
}

function run(
  statuses: readonly ObservedStatus[],
  thresholds = THRESHOLDS,
  from: StatusDetectorState = INITIAL_DETECTOR_STATE,
): { state: StatusDetectorState; changes: StatusChange[] } {
  let state = from;
  const changes: StatusChange[] = [];
  statuses.forEach((status, index) => {
    const change = decide('http', state, sample(status, index), thresholds);
    state = evolve(state, { sample: sample(status, index) });
    if (change) {
      changes.push(change);
      state = evolve(state, { change });
    }
  });
  return { state, changes };
}

/** `status@index of the sample it is dated to`. */
function confirmed(statuses: readonly ObservedStatus[], from?: StatusDetectorState, thresholds?: Thresholds): string[] {
  return run(statuses, thresholds, from).changes.map(({ status, at }) => `${status}@${(at - START) / 1_000}`);
}

const UP: StatusDetectorState = { status: 'up', since: START - 60_000, streaks: {} };
const DOWN: StatusDetectorState = { status: 'down', since: START - 60_000, streaks: {} };
const DEGRADED: StatusDetectorState = { status: 'degraded', since: START - 60_000, streaks: {} };

describe('a change of status', () => {
  it('is confirmed by failureThreshold consecutive failures and dated to the first of them', () => {
    expect(confirmed(['up', 'down', 'down'], UP)).toEqual([]);
    expect(confirmed(['up', 'down', 'down', 'down'], UP)).toEqual(['down@1']);
  });

  it('is not confirmed by failures with a good sample between them', () => {
    expect(confirmed(['down', 'down', 'up', 'down', 'down', 'up'], UP)).toEqual([]);
  });

  it('has the duration of the previous status and the evidence of its first sample', () => {
    expect(run(['down', 'down', 'down', 'up', 'up'], THRESHOLDS, UP).changes).toEqual([
      {
        serviceName: 'http',
        status: 'down',
        at: START,
        duration: 60_000,
        metadata: { responseTime: 1, error: 'failure 0' },
        eventId: expect.stringMatching(/^evt_1767225600000_[0-9a-z]{13}$/) as string,
      },
      {
        serviceName: 'http',
        status: 'up',
        at: START + 3_000,
        duration: 3_000,
        metadata: { responseTime: 12, performanceGrade: 'excellent' },
        eventId: expect.any(String) as string,
      },
    ]);
  });

  it('is confirmed the same way from unknown, without a duration', () => {
    expect(confirmed(['up', 'up'])).toEqual(['up@0']);
    expect(confirmed(['down', 'down', 'down'])).toEqual(['down@0']);
    expect(confirmed(['degraded', 'degraded', 'degraded'])).toEqual(['degraded@0']);
    expect(run(['up', 'up']).changes[0]).not.toHaveProperty('duration');
  });

  it('is degraded after failureThreshold slow samples', () => {
    expect(confirmed(['degraded', 'degraded', 'degraded'], UP)).toEqual(['degraded@0']);
  });

  it('is degraded when samples alternate between slow and failed', () => {
    expect(confirmed(['down', 'degraded', 'down', 'degraded', 'down'], UP)).toEqual(['degraded@0']);
  });

  it('is degraded and then down when slow samples turn into failures, each dated to its own first sample', () => {
    expect(confirmed(['degraded', 'down', 'down', 'down'], UP)).toEqual(['degraded@0', 'down@1']);
  });

  it('is degraded when a service that was down responds slowly', () => {
    expect(confirmed(['degraded', 'up'], DOWN)).toEqual(['degraded@0']);
    expect(confirmed(['degraded', 'up', 'up'], DOWN)).toEqual(['degraded@0', 'up@1']);
  });

  it('from degraded is up after successThreshold good samples, and down after failureThreshold failures', () => {
    expect(confirmed(['up', 'up'], DEGRADED)).toEqual(['up@0']);
    expect(confirmed(['down', 'down', 'down'], DEGRADED)).toEqual(['down@0']);
    expect(confirmed(['up', 'degraded', 'up', 'degraded', 'down'], DEGRADED)).toEqual([]);
  });

  it('from unknown is degraded when samples disagree from the first one on, after both thresholds together', () => {
    expect(confirmed(['up', 'down', 'up', 'down'])).toEqual([]);
    expect(confirmed(['up', 'down', 'up', 'down', 'up'])).toEqual(['degraded@0']);
  });

  it('is immediate with thresholds of one', () => {
    expect(
      confirmed(['up', 'down', 'degraded', 'up'], undefined, { failureThreshold: 1, successThreshold: 1 }),
    ).toEqual(['up@0', 'down@1', 'degraded@2', 'up@3']);
  });

  it('is never dated before the previous change, even if the clocks of two replicas differ', () => {
    const ahead: StatusDetectorState = { status: 'up', since: START + 60_000, streaks: {} };
    expect(run(['down', 'down', 'down'], THRESHOLDS, ahead).changes).toMatchObject([
      { status: 'down', at: START + 60_000, duration: 0 },
    ]);
  });

  it('has a deterministic event id that depends on service, status and time', () => {
    const id = (service: string, status: ObservedStatus, index: number): string | undefined =>
      decide(service, INITIAL_DETECTOR_STATE, sample(status, index), { failureThreshold: 1, successThreshold: 1 })
        ?.eventId;
    expect(id('http', 'up', 0)).toBe(id('http', 'up', 0));
    expect(
      new Set([id('http', 'up', 0), id('websocket', 'up', 0), id('http', 'down', 0), id('http', 'up', 1)]).size,
    ).toBe(4);
  });
});

describe('any sequence of samples', () => {
  const statuses = fc.array(fc.constantFrom(...OBSERVED_STATUSES), { maxLength: 60 });
  const thresholds = fc.record({
    failureThreshold: fc.integer({ min: 1, max: 5 }),
    successThreshold: fc.integer({ min: 1, max: 5 }),
  });

  it('gives changes in order of time, each to another status, with matching durations', () => {
    fc.assert(
      fc.property(statuses, thresholds, (samples, limits) => {
        const { changes } = run(samples, limits);
        changes.forEach((change, index) => {
          const previous = changes[index - 1];
          expect(change.status).not.toBe(previous?.status);
          expect(change.duration).toBe(previous && change.at - previous.at);
          if (previous) expect(change.duration).toBeGreaterThanOrEqual(0);
        });
      }),
    );
  });

  it('confirms a status within both thresholds together', () => {
    fc.assert(
      fc.property(statuses, thresholds, (samples, limits) => {
        const { state } = run(samples, limits);
        if (samples.length >= limits.failureThreshold + limits.successThreshold)
          expect(state.status).not.toBe('unknown');
      }),
    );
  });

  it('ends in the status of a streak as long as the larger threshold, dated no later than its first sample', () => {
    fc.assert(
      fc.property(statuses, thresholds, fc.constantFrom(...OBSERVED_STATUSES), (samples, limits, status) => {
        const length = Math.max(limits.failureThreshold, limits.successThreshold);
        const { state } = run([...samples, ...Array.from({ length }, () => status)], limits);
        expect(state.status).toBe(status);
        expect(state.since).toBeLessThanOrEqual(START + samples.length * 1_000);
      }),
    );
  });

  it('gives the same history from a copy of the state', () => {
    fc.assert(
      fc.property(statuses, thresholds, fc.nat(60), (samples, limits, cut) => {
        const whole = run(samples, limits);
        let state = INITIAL_DETECTOR_STATE;
        const changes: StatusChange[] = [];
        samples.forEach((status, index) => {
          if (index === cut) state = structuredClone(state);
          const change = decide('http', state, sample(status, index), limits);
          state = evolve(state, { sample: sample(status, index) });
          if (change) {
            changes.push(change);
            state = evolve(state, { change });
          }
        });
        expect({ state, changes }).toEqual(whole);
      }),
    );
  });
});

describe('rebaseChanges', () => {
  const change = (status: ObservedStatus, at: number, duration?: number): StatusChange => ({
    serviceName: 'http',
    status,
    at,
    ...(duration === undefined ? {} : { duration }),
    metadata: {},
    eventId: `evt_${at}_00000000`,
  });

  it('returns changes unchanged on the history they were decided on', () => {
    const waiting = [change('down', 2_000, 1_000), change('up', 5_000, 3_000)];
    expect(rebaseChanges(waiting, { status: 'up', at: 1_000 })).toEqual(waiting);
  });

  it('drops a change that another replica recorded, and recomputes the next duration', () => {
    expect(
      rebaseChanges([change('down', 2_000, 1_000), change('up', 5_000, 3_000)], { status: 'down', at: 1_500 }),
    ).toEqual([change('up', 5_000, 3_500)]);
  });

  it('drops changes before the last recorded one', () => {
    expect(
      rebaseChanges([change('down', 2_000, 1_000), change('up', 5_000, 3_000)], { status: 'up', at: 9_000 }),
    ).toEqual([]);
  });

  it('removes the duration if nothing was recorded', () => {
    expect(rebaseChanges([change('down', 2_000, 1_000)], undefined)).toEqual([change('down', 2_000)]);
  });
});
