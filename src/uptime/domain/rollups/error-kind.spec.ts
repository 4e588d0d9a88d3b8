import { errorKindOf } from './error-kind.js';

describe('errorKindOf', () => {
  it.each([
    ['connection refused by 127.0.0.1:5432', 'connection refused by #'],
    ['connection refused by localhost:5432', 'connection refused by #'],
    ['the certificate of example.com:443 ends in less than a day', 'the certificate of # ends in less than a day'],
    ['connection refused by [::1]:5432', 'connection refused by #'],
    ['no answer within 5000 ms', 'no answer within # ms'],
    ['the certificate ends in 3 days', 'the certificate ends in # days'],
    ['db-1.internal.example:5432 cannot be found', '# cannot be found'],
    ['redirected to https://example.com/login?next=%2F more than 5 times', 'redirected to # more than # times'],
    ["the body does not contain 'all is well'", 'the body does not contain #'],
    ['$.status is "starting", not "ok"', '$.status is #, not #'],
    ['the node 3f0c9a1e-7d52-4a3b-9f65-0c1d2e3f4a5b left', 'the node # left'],
    ['KurrentDB failed (unavailable)', 'KurrentDB failed (unavailable)'],
  ])('%s: %s', (error, kind) => {
    expect(errorKindOf(error)).toBe(kind);
  });

  it('keeps the status code, which distinguishes kinds', () => {
    expect(errorKindOf('answered 503')).toBe('answered 503');
    expect(errorKindOf('answered 302, a redirect that is not followed')).toBe(
      'answered 302, a redirect that is not followed',
    );
  });

  it('is short, and its own kind', () => {
    const kind = errorKindOf(`failed ${'again and '.repeat(50)}`);
    expect(kind.length).toBeLessThanOrEqual(64);
    expect(errorKindOf(kind)).toBe(kind);
  });
});
