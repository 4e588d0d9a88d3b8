import { problemOf } from './problem.js';

const body = {
  error: 'ValidationError',
  message: 'The request is not valid',
  type: 'validation-error',
  requestId: 'deploy-7:retry.1',
} as const;

const pointersOf = (segments: readonly (string | number)[]): readonly (string | undefined)[] =>
  problemOf(body, 400, [{ path: 'p', problem: 'is wrong', segments }]).errors?.map(({ pointer }) => pointer) ?? [];

describe('problem details', () => {
  it('have the members of RFC 9457 beside those of the documented body', () => {
    expect(problemOf({ ...body, details: { a: 1 } }, 400)).toEqual({
      type: 'urn:problem-type:penguin-pool-streams:validation-error',
      title: 'The request is not valid',
      status: 400,
      detail: 'The request is not valid',
      instance: 'urn:request:deploy-7:retry.1',
      error: 'ValidationError',
      message: 'The request is not valid',
      details: { a: 1 },
      requestId: 'deploy-7:retry.1',
    });
  });

  it('name parameters, and point to places in the body', () => {
    const issues = [
      { path: 'limit', problem: 'is too large' },
      { path: 'data.a', problem: 'is missing', segments: ['data', 'a'] },
    ];
    expect(problemOf(body, 400, issues).errors).toEqual([
      { detail: 'is too large', parameter: 'limit' },
      { detail: 'is missing', pointer: '#/data/a' },
    ]);
  });

  it.each([
    [[], '#'],
    [['events', 0, 'data'], '#/events/0/data'],
    [['a.b', 'c/d', 'e~f', ''], '#/a.b/c~1d/e~0f/'],
    [['ä b', '"'], '#/%C3%A4%20b/%22'],
    [['\ud800'], '#/%EF%BF%BD'],
  ])('escape the segments %j as %s', (segments, pointer) => {
    expect(pointersOf(segments)).toEqual([pointer]);
  });

  it('point to the place around a member whose pointer would be too long', () => {
    expect(pointersOf(['data', 'x'.repeat(1_000_000)])).toEqual(['#/data']);
    expect(pointersOf(['data', 'ä'.repeat(400)])).toEqual(['#/data']);
  });
});
