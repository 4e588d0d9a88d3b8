import { judge } from './sample.js';
import { DEFAULT_GRADE_LIMITS, gradeOf } from './service-status.js';

describe('a response time', () => {
  it.each([
    [0, 'excellent'],
    [99.999, 'excellent'],
    [100, 'good'],
    [299.9, 'good'],
    [300, 'acceptable'],
    [999.9, 'acceptable'],
    [1_000, 'slow'],
  ])('of %s ms is %s', (milliseconds, grade) => {
    expect(gradeOf(milliseconds)).toBe(grade);
  });

  it('is graded by the limits of its service', () => {
    expect(gradeOf(60, { excellentMs: 10, goodMs: 20, acceptableMs: 50 })).toBe('slow');
  });
});

describe('a finding', () => {
  it('is up with its grade when the target answered in time', () => {
    expect(judge({ at: 5, responseTime: 12.3456 }, DEFAULT_GRADE_LIMITS)).toEqual({ at: 5, responseMicros: 12_346, status: 'up', grade: 'excellent' });
  });

  it('is degraded when the answer was slow', () => {
    expect(judge({ at: 5, responseTime: 1_500 }, DEFAULT_GRADE_LIMITS)).toEqual({ at: 5, responseMicros: 1_500_000, status: 'degraded', grade: 'slow' });
  });

  it('is down, without a grade, when the probe failed, however fast', () => {
    expect(judge({ at: 5, responseTime: 0.4, error: 'answered 503' }, DEFAULT_GRADE_LIMITS)).toEqual({ at: 5, responseMicros: 400, status: 'down', error: 'answered 503' });
  });
});
