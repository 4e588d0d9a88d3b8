import { expectOneProblem, problemsOf, serviceOf } from '../../../test/support/services-file.js';

describe('services file', () => {
  describe('reads the target', () => {
    it('of kind http, with every rule for the response', () => {
      const service = serviceOf(
        'kind: http',
        'url: https://shop.example/health',
        'method: POST',
        'headers: { Accept: application/json, X-Token: "${TOKEN}" }',
        `body: '{"deep": true}'`,
        'acceptedStatuses: [200, 201, "300-399"]',
        'bodyContains: ok',
        'jsonPath: { path: "$.checks[0].status", equals: true }',
        'responseTimeBelow: 1s500ms',
        'maxRedirects: 5',
        'tls: { verify: false, degradedBelowDays: 21, downBelowDays: 3 }',
      );
      expect(service?.target).toEqual({
        kind: 'http',
        url: 'https://shop.example/health',
        method: 'POST',
        headers: { Accept: 'application/json', 'X-Token': 's3cret' },
        body: '{"deep": true}',
        acceptedStatuses: [
          { from: 200, to: 200 },
          { from: 201, to: 201 },
          { from: 300, to: 399 },
        ],
        bodyContains: 'ok',
        jsonPath: { path: '$.checks[0].status', equals: true },
        responseTimeBelowMs: 1_500,
        maxRedirects: 5,
        tls: { verify: false, certificate: { degradedBelowDays: 21, downBelowDays: 3 } },
      });
    });
  });

  it('may require HTTP/2 of an https target', () => {
    expect(serviceOf('kind: http', 'url: https://shop.example', 'http2: true')?.target).toMatchObject({ http2: true });
    expect(serviceOf('kind: http', 'url: http://shop.example', 'http2: false')?.target).toMatchObject({ http2: false });
  });

  it('may check the body of a status that can have one', () => {
    const target = ['kind: http', 'url: http://a', 'acceptedStatuses: [204, 200]', 'bodyContains: ok'];
    expect(serviceOf(...target)?.target).toMatchObject({ bodyContains: 'ok' });
  });

  describe('is rejected, with the line and the path of every error', () => {
    const HTTP = ['kind: http', 'url: http://a'];

    it.each<[string, readonly string[], string]>([
      [
        'a check of the body of HEAD',
        [...HTTP, 'method: HEAD', 'bodyContains: ok'],
        'line 6, services.0.bodyContains: must not be given together with method HEAD, whose responses have no body; use GET',
      ],
      [
        'a JSON check of the body of HEAD',
        [...HTTP, 'method: HEAD', 'jsonPath: { path: $.a, equals: 1 }'],
        'line 6, services.0.jsonPath: must not be given together with method HEAD, whose responses have no body; use GET',
      ],
      [
        'a check of the body of statuses without one',
        [...HTTP, 'acceptedStatuses: [204, 304]', 'bodyContains: ok'],
        'line 6, services.0.bodyContains: must not be given together with acceptedStatuses that are all of responses ' +
          'without a body; accept one such as 200',
      ],
      [
        'HTTP/2 without TLS',
        [...HTTP, 'http2: true'],
        'line 5, services.0.http2: must be used with a url that begins with https://: a server chooses HTTP/2 within TLS',
      ],
      ['an http2 that is not a boolean', [...HTTP, 'http2: 2'], 'line 5, services.0.http2: must be true or false'],
      [
        'a header that HTTP/2 does not allow',
        ['kind: http', 'url: https://a', 'http2: true', 'headers: { Keep-Alive: timeout=5 }'],
        'line 6, services.0.headers: must not contain Keep-Alive, which HTTP/2 does not allow',
      ],
      [
        'an unknown method',
        [...HTTP, 'method: get'],
        'line 5, services.0.method: must be one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      ],
      [
        'a header that is not a string',
        [...HTTP, 'headers:', '  X-Version: 1'],
        'line 6, services.0.headers.X-Version: must be a string on one line',
      ],
      [
        'a header with an invalid name',
        [...HTTP, 'headers:', '  "X Version": a'],
        'line 6, services.0.headers.X Version: must be the name of a header',
      ],
      [
        'a header that the probe sets',
        [...HTTP, 'headers: { Content-Length: "1" }'],
        'line 5, services.0.headers.Content-Length: is not allowed: the probe sets this header',
      ],
      [
        'headers that are not a mapping',
        [...HTTP, 'headers: [a]'],
        'line 5, services.0.headers: must be a mapping of header names to strings',
      ],
      ['a body that is not a string', [...HTTP, 'body: { a: 1 }'], 'line 5, services.0.body: must be a string'],
      [
        'no accepted status',
        [...HTTP, 'acceptedStatuses: []'],
        'line 5, services.0.acceptedStatuses: must be at least one status',
      ],
      [
        'an invalid status',
        [...HTTP, 'acceptedStatuses:', '  - 200', '  - 99'],
        'line 7, services.0.acceptedStatuses.1: must be a status from 100 to 599 or a range such as 300-399',
      ],
      [
        'a range of statuses in reverse order',
        [...HTTP, 'acceptedStatuses: [399-300]'],
        'line 5, services.0.acceptedStatuses.0: must be a status from 100 to 599 or a range such as 300-399',
      ],
      [
        'a status outside an array',
        [...HTTP, 'acceptedStatuses: 200'],
        'line 5, services.0.acceptedStatuses: must be an array, each item a status',
      ],
      [
        'an invalid JSON path',
        [...HTTP, 'jsonPath: { path: status, equals: 1 }'],
        'line 5, services.0.jsonPath.path: must be a path such as $.checks[0]["response time"]',
      ],
      [
        'a JSON path with a name in other quotes',
        [...HTTP, `jsonPath: { path: "$['a']", equals: 1 }`],
        'line 5, services.0.jsonPath.path: must be a path such as',
      ],
      [
        'a JSON path without a value',
        [...HTTP, 'jsonPath: { path: $.a }'],
        'line 5, services.0.jsonPath.equals: must be a string, a number, true, false or null',
      ],
      [
        'days in reverse order',
        [...HTTP, 'tls: { degradedBelowDays: 3, downBelowDays: 3 }'],
        'line 5, services.0.tls.degradedBelowDays: must be more than the 3 days of downBelowDays',
      ],
      [
        'a verify that is not a boolean',
        [...HTTP, 'tls: { verify: yes }'],
        'line 5, services.0.tls.verify: must be true or false',
      ],
    ])('%s', (_, lines, problem) => expectOneProblem(problemsOf(...lines), problem));
  });
});
