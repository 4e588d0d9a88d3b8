import { toSample } from './sample.js';
import { DEFAULT_GRADE_LIMITS, gradeOf } from '../status/service-status.js';

describe('gradeOf', () => {
  it.each([
    [0, 'excellent'],
    [99.999, 'excellent'],
    [100, 'good'],
    [299.9, 'good'],
    [300, 'acceptable'],
    [999.9, 'acceptable'],
    [1_000, 'slow'],
  ])('grades %s ms as %s', (milliseconds, grade) => {
    expect(gradeOf(milliseconds)).toBe(grade);
  });

  it('uses the limits of the service', () => {
    expect(gradeOf(60, { excellentMs: 10, goodMs: 20, acceptableMs: 50 })).toBe('slow');
  });
});

describe('toSample', () => {
  it('returns up with a grade for a fast response', () => {
    expect(toSample({ at: 5, responseTime: 12.3456 }, DEFAULT_GRADE_LIMITS)).toEqual({
      at: 5,
      responseMicros: 12_346,
      status: 'up',
      grade: 'excellent',
    });
  });

  it('returns degraded for a slow response', () => {
    expect(toSample({ at: 5, responseTime: 1_500 }, DEFAULT_GRADE_LIMITS)).toEqual({
      at: 5,
      responseMicros: 1_500_000,
      status: 'degraded',
      grade: 'slow',
    });
  });

  it('returns down without a grade for an error, however fast', () => {
    expect(toSample({ at: 5, responseTime: 0.4, error: 'answered 503' }, DEFAULT_GRADE_LIMITS)).toEqual({
      at: 5,
      responseMicros: 400,
      status: 'down',
      error: 'answered 503',
    });
  });

  it('returns degraded with the reason for a warning, however fast', () => {
    expect(
      toSample({ at: 5, responseTime: 2, warning: 'the certificate ends in 5 days' }, DEFAULT_GRADE_LIMITS),
    ).toEqual({
      at: 5,
      responseMicros: 2_000,
      status: 'degraded',
      grade: 'excellent',
      error: 'the certificate ends in 5 days',
    });
  });

  it('grades without event-loop lag, and returns the lag', () => {
    expect(toSample({ at: 5, responseTime: 1_500, delay: 1_450 }, DEFAULT_GRADE_LIMITS)).toEqual({
      at: 5,
      responseMicros: 1_500_000,
      delayMicros: 1_450_000,
      status: 'up',
      grade: 'excellent',
    });
    expect(toSample({ at: 5, responseTime: 3, delay: 50 }, DEFAULT_GRADE_LIMITS)).toMatchObject({
      responseMicros: 3_000,
      delayMicros: 3_000,
    });
    expect(toSample({ at: 5, responseTime: 3, delay: 0 }, DEFAULT_GRADE_LIMITS)).not.toHaveProperty('delayMicros');
  });
});
