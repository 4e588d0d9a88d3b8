import { expectOneProblem, problemsOf } from '../../../test/support/services-file.js';

describe('services file', () => {
  describe('is rejected, with the line and the path of every error', () => {
    const HTTP = ['kind: http', 'url: http://a'];

    it.each<[string, readonly string[], string]>([
      [
        'a misspelled key',
        [...HTTP, 'intervall: 5s'],
        'line 5, services.0.intervall: unknown key for kind http, probably meant to be interval; allowed are name, kind, url, method, headers, ',
      ],
      [
        'a key with its letters swapped',
        [...HTTP, 'retires: 5'],
        'unknown key for kind http, probably meant to be retries; allowed are',
      ],
      ['a key in another case', [...HTTP, 'timeoutms: 5'], 'probably meant to be timeoutMs;'],
      [
        'a key that is similar to no other',
        [...HTTP, 'colour:', '  red: 1'],
        'line 5, services.0.colour: unknown key for kind http; allowed are name, ',
      ],
      [
        'a field of another kind',
        ['kind: tcp', 'host: a', 'port: 1', 'acceptedStatuses: [200]'],
        'line 6, services.0.acceptedStatuses: unknown key for kind tcp; allowed are name, kind, host, port, send, answerContains, tls, interval, intervalMs, ',
      ],
      [
        'retries of a push service',
        ['kind: push', 'retries: 1'],
        'line 4, services.0.retries: unknown key for kind push; allowed are name, kind, token, ',
      ],
    ])('%s', (_, lines, problem) => expectOneProblem(problemsOf(...lines), problem));
  });
});
