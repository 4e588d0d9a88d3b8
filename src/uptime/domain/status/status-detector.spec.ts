import fc from 'fast-check';
import { type Sample } from '../samples/sample.js';
import { OBSERVED_STATUSES, type ObservedStatus } from './service-status.js';
import { type StatusChange } from './status-change.js';
import { decide, evolve, NEVER_PROBED, rebase, type Thresholds, type StatusDetector } from './status-detector.js';

const THRESHOLDS: Thresholds = { failureThreshold: 3, successThreshold: 2 };
const START = Date.UTC(2026, 0, 1);

/** The n-th sample of a test, one a second. */
function sample(status: ObservedStatus, index: number): Sample {
  const at = START + index * 1_000;
  return status === 'down'
    ? { at, responseMicros: 700, status, error: `failure ${index}` }
    : { at, responseMicros: 12_400, status, grade: status === 'up' ? 'excellent' : 'slow' };
}

function run(
  statuses: readonly ObservedStatus[],
  thresholds = THRESHOLDS,
  from: StatusDetector = NEVER_PROBED,
): { state: StatusDetector; changes: StatusChange[] } {
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
function told(statuses: readonly ObservedStatus[], from?: StatusDetector, thresholds?: Thresholds): string[] {
  return run(statuses, thresholds, from).changes.map(({ status, at }) => `${status}@${(at - START) / 1_000}`);
}

const UP: StatusDetector = { status: 'up', since: START - 60_000, streaks: {} };
const DOWN: StatusDetector = { status: 'down', since: START - 60_000, streaks: {} };
const DEGRADED: StatusDetector = { status: 'degraded', since: START - 60_000, streaks: {} };

describe('a change of status', () => {
  it('is confirmed by as many failures in a row as the threshold, and dated to the first of them', () => {
    expect(told(['up', 'down', 'down'], UP)).toEqual([]);
    expect(told(['up', 'down', 'down', 'down'], UP)).toEqual(['down@1']);
  });

  it('is not confirmed by failures that a good sample interrupts', () => {
    expect(told(['down', 'down', 'up', 'down', 'down', 'up'], UP)).toEqual([]);
  });

  it('says how long the previous status lasted, and what was seen at its date', () => {
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

  it('comes from unknown the same way, without a duration', () => {
    expect(told(['up', 'up'])).toEqual(['up@0']);
    expect(told(['down', 'down', 'down'])).toEqual(['down@0']);
    expect(told(['degraded', 'degraded', 'degraded'])).toEqual(['degraded@0']);
    expect(run(['up', 'up']).changes[0]).not.toHaveProperty('duration');
  });

  it('is degraded after as many slow samples as the failure threshold', () => {
    expect(told(['degraded', 'degraded', 'degraded'], UP)).toEqual(['degraded@0']);
  });

  it('is degraded when the service is slow and failing by turns: none of it was up', () => {
    expect(told(['down', 'degraded', 'down', 'degraded', 'down'], UP)).toEqual(['degraded@0']);
  });

  it('is first degraded and then down when slowness turns into failure, each from its own first sample', () => {
    expect(told(['degraded', 'down', 'down', 'down'], UP)).toEqual(['degraded@0', 'down@1']);
  });

  it('is degraded when a service that was down answers again, but not well', () => {
    expect(told(['degraded', 'up'], DOWN)).toEqual(['degraded@0']);
    expect(told(['degraded', 'up', 'up'], DOWN)).toEqual(['degraded@0', 'up@1']);
  });

  it('from degraded is up after as many good samples as the success threshold, and down after as many failures as its own', () => {
    expect(told(['up', 'up'], DEGRADED)).toEqual(['up@0']);
    expect(told(['down', 'down', 'down'], DEGRADED)).toEqual(['down@0']);
    expect(told(['up', 'degraded', 'up', 'degraded', 'down'], DEGRADED)).toEqual([]);
  });

  it('from unknown is degraded where the probes disagree from the first one on, once both thresholds could have passed', () => {
    expect(told(['up', 'down', 'up', 'down'])).toEqual([]);
    expect(told(['up', 'down', 'up', 'down', 'up'])).toEqual(['degraded@0']);
  });

  it('is immediate with thresholds of one', () => {
    expect(told(['up', 'down', 'degraded', 'up'], undefined, { failureThreshold: 1, successThreshold: 1 })).toEqual([
      'up@0',
      'down@1',
      'degraded@2',
      'up@3',
    ]);
  });

  it('is never dated before the change that it follows, whatever the clocks of two replicas say', () => {
    const ahead: StatusDetector = { status: 'up', since: START + 60_000, streaks: {} };
    expect(run(['down', 'down', 'down'], THRESHOLDS, ahead).changes).toMatchObject([
      { status: 'down', at: START + 60_000, duration: 0 },
    ]);
  });

  it('has the same event id whoever decides it, and another one for another service, status or time', () => {
    const id = (service: string, status: ObservedStatus, index: number): string | undefined =>
      decide(service, NEVER_PROBED, sample(status, index), { failureThreshold: 1, successThreshold: 1 })?.eventId;
    expect(id('http', 'up', 0)).toBe(id('http', 'up', 0));
    expect(
      new Set([id('http', 'up', 0), id('websocket', 'up', 0), id('http', 'down', 0), id('http', 'up', 1)]).size,
    ).toBe(4);
  });
});

describe('for any samples', () => {
  const statuses = fc.array(fc.constantFrom(...OBSERVED_STATUSES), { maxLength: 60 });
  const thresholds = fc.record({
    failureThreshold: fc.integer({ min: 1, max: 5 }),
    successThreshold: fc.integer({ min: 1, max: 5 }),
  });

  it('changes follow one another in time, each to another status, and durations add up', () => {
    fc.assert(
      fc.property(statuses, thresholds, (given, limits) => {
        const { changes } = run(given, limits);
        changes.forEach((change, index) => {
          const previous = changes[index - 1];
          expect(change.status).not.toBe(previous?.status);
          expect(change.duration).toBe(previous && change.at - previous.at);
          if (previous) expect(change.duration).toBeGreaterThanOrEqual(0);
        });
      }),
    );
  });

  it('a probed service is known once as many samples have passed as both thresholds take', () => {
    fc.assert(
      fc.property(statuses, thresholds, (given, limits) => {
        const { state } = run(given, limits);
        if (given.length >= limits.failureThreshold + limits.successThreshold) expect(state.status).not.toBe('unknown');
      }),
    );
  });

  it('a run of equal samples as long as the larger threshold always ends in their status, dated no later than its first', () => {
    fc.assert(
      fc.property(statuses, thresholds, fc.constantFrom(...OBSERVED_STATUSES), (given, limits, status) => {
        const length = Math.max(limits.failureThreshold, limits.successThreshold);
        const { state } = run([...given, ...Array.from({ length }, () => status)], limits);
        expect(state.status).toBe(status);
        expect(state.since).toBeLessThanOrEqual(START + given.length * 1_000);
      }),
    );
  });

  it('deciding in two goes, from the state that was kept in between, gives the same history', () => {
    fc.assert(
      fc.property(statuses, thresholds, fc.nat(60), (given, limits, cut) => {
        const whole = run(given, limits);
        let state = NEVER_PROBED;
        const changes: StatusChange[] = [];
        given.forEach((status, index) => {
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

describe('changes that wait to be recorded', () => {
  const change = (status: ObservedStatus, at: number, duration?: number): StatusChange => ({
    serviceName: 'http',
    status,
    at,
    ...(duration === undefined ? {} : { duration }),
    metadata: {},
    eventId: `evt_${at}_00000000`,
  });

  it('stay as they are on the history that they were decided on', () => {
    const waiting = [change('down', 2_000, 1_000), change('up', 5_000, 3_000)];
    expect(rebase(waiting, { status: 'up', at: 1_000 })).toEqual(waiting);
  });

  it('are dropped where another replica recorded the same, and get the duration that is right now', () => {
    expect(rebase([change('down', 2_000, 1_000), change('up', 5_000, 3_000)], { status: 'down', at: 1_500 })).toEqual([
      change('up', 5_000, 3_500),
    ]);
  });

  it('are dropped where they come before the last recorded change', () => {
    expect(rebase([change('down', 2_000, 1_000), change('up', 5_000, 3_000)], { status: 'up', at: 9_000 })).toEqual([]);
  });

  it('have no duration where nothing was recorded', () => {
    expect(rebase([change('down', 2_000, 1_000)], undefined)).toEqual([change('down', 2_000)]);
  });
});
