import fc from 'fast-check';
import { EventRegistry } from '../../../event-store/domain/index.js';
import { ProbesRecorded, decodeSamples, toProbesRecorded, type ProbingRules } from './probes-recorded.js';
import { toSample, type Sample } from './sample.js';
import { DEFAULT_GRADE_LIMITS } from '../status/service-status.js';

const RULES: ProbingRules = { intervalMs: 10_000, timeoutMs: 5_000, grades: DEFAULT_GRADE_LIMITS };
const START = Date.UTC(2026, 0, 1);

const anySamples = fc
  .array(
    fc.record({
      gap: fc.oneof(fc.integer({ min: 9_990, max: 10_010 }), fc.nat(100_000_000)),
      responseTime: fc.double({ min: 0, max: 100_000, noNaN: true }),
      error: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined, freq: 3 }),
      warning: fc.option(fc.string(), { nil: undefined, freq: 3 }),
      delay: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 10_000, noNaN: true })),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((findings) => {
    let at = START;
    return findings.map(({ gap, responseTime, error, warning, delay }): Sample => {
      at += gap;
      return toSample(
        {
          at,
          responseTime,
          delay,
          ...(error === undefined ? {} : { error }),
          ...(warning === undefined ? {} : { warning }),
        },
        RULES.grades,
      );
    });
  });

describe('recorded samples', () => {
  it('are decoded without loss', () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const { data } = toProbesRecorded('http', samples, RULES, 'prober1');
        const stored: unknown = JSON.parse(JSON.stringify(data));
        expect(decodeSamples(ProbesRecorded.parse(stored))).toEqual(samples);
      }),
    );
  });

  it('take at most 16 bytes each for one minute at one probe per second, including the event', () => {
    const samples = Array.from({ length: 60 }, (_, index) =>
      toSample({ at: START + index * 1_000 + (index % 5), responseTime: 1 + (index % 30) / 7 }, RULES.grades),
    );
    const { data, timestamp, eventId, metadata } = toProbesRecorded(
      'http',
      samples,
      { ...RULES, intervalMs: 1_000 },
      'prober1',
    );
    expect(JSON.stringify({ data, timestamp, eventId, metadata }).length / samples.length).toBeLessThanOrEqual(16);
  });

  it('store each error once', () => {
    const samples = Array.from({ length: 50 }, (_, index) =>
      toSample({ at: START + index * 10_000, responseTime: 5_000, error: 'no answer within 5000 ms' }, RULES.grades),
    );
    expect(toProbesRecorded('http', samples, RULES, 'prober1').data.outcomes).toEqual([
      { status: 'down', error: 'no answer within 5000 ms' },
    ]);
  });

  it('have a deterministic event id that depends on the prober', () => {
    const samples = [toSample({ at: START, responseTime: 1 }, RULES.grades)];
    const id = (prober: string): string | undefined => toProbesRecorded('http', samples, RULES, prober).eventId;
    expect(id('prober1')).toBe(id('prober1'));
    expect(id('prober1')).not.toBe(id('prober2'));
  });
});

describe('an event of schema version 1, without delays', () => {
  it('is decoded', () => {
    const samples = [
      toSample({ at: START, responseTime: 1 }, RULES.grades),
      toSample({ at: START + 10_000, responseTime: 2, error: 'answered 503' }, RULES.grades),
    ];
    const registry = new EventRegistry();
    registry.register(ProbesRecorded);
    // Without delays the fourth column is empty, as in version 1.
    const { data, problem } = registry.decode(
      'ProbesRecorded',
      toProbesRecorded('http', samples, RULES, 'prober1').data,
      1,
    );
    expect(problem).toBeUndefined();
    expect(decodeSamples(data as ProbesRecorded)).toEqual(samples);
  });
});

describe('invalid stored data', () => {
  const good = toProbesRecorded(
    'http',
    [
      toSample({ at: START, responseTime: 1 }, RULES.grades),
      toSample({ at: START + 10_000, responseTime: 2 }, RULES.grades),
    ],
    RULES,
    'prober1',
  ).data;

  it.each<[string, unknown, RegExp]>([
    ['data that is not an object', 'text', /data must be an object/],
    ['an invalid service name', { ...good, serviceName: '../http' }, /serviceName/],
    ['a time in another format', { ...good, startedAt: 'yesterday' }, /startedAt must be a timestamp in UTC/],
    ['no samples', { ...good, count: 0 }, /count must be an integer from 1 to 5000, got 0/],
    ['fewer columns than samples', { ...good, count: 3 }, /columns end|unknown outcome/],
    ['more columns than samples', { ...good, count: 1 }, /columns/],
    ['columns that are not base64', { ...good, columns: '???' }, /./],
    ['columns that are cut off', { ...good, columns: good.columns.slice(0, 4) }, /columns end/],
    ['an outcome that is not listed', { ...good, outcomes: [] }, /unknown outcome/],
    [
      'a status that a sample cannot have',
      { ...good, outcomes: [{ status: 'unknown' }] },
      /outcomes\.0\.status must be one of up, degraded, down/,
    ],
    ['a negative interval', { ...good, intervalMs: -1 }, /intervalMs must be an integer/],
  ])('is rejected: %s', (_, data, message) => {
    expect(() => ProbesRecorded.parse(data)).toThrow(message);
  });

  it('is rejected with an Error, whatever it contains', () => {
    fc.assert(
      fc.property(
        fc.record({
          count: fc.nat(5_000),
          columns: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')),
        }),
        (broken) => {
          try {
            expect(ProbesRecorded.parse({ ...good, ...broken }).count).toBe(broken.count);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        },
      ),
    );
  });
});
