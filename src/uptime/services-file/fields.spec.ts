import { expectOneProblem, problemsOf } from '../../../test/support/services-file.js';

describe('services file', () => {
  describe('is rejected, with the line and the path of every error', () => {
    const HTTP = ['kind: http', 'url: http://a'];

    it.each<[string, readonly string[], string]>([
      [
        'a misspelt key',
        [...HTTP, 'intervall: 5s'],
        'line 5, services.0.intervall: unknown key for kind http, probably meant to be interval; known are name, kind, url, method, headers, ',
      ],
      [
        'a key with its letters swapped',
        [...HTTP, 'retires: 5'],
        'unknown key for kind http, probably meant to be retries; known are',
      ],
      ['a key in another case', [...HTTP, 'timeoutms: 5'], 'probably meant to be timeoutMs;'],
      [
        'a key that looks like no other',
        [...HTTP, 'colour:', '  red: 1'],
        'line 5, services.0.colour: unknown key for kind http; known are name, ',
      ],
      [
        'a field of another kind',
        ['kind: tcp', 'host: a', 'port: 1', 'acceptedStatuses: [200]'],
        'line 6, services.0.acceptedStatuses: unknown key for kind tcp; known are name, kind, host, port, send, answerContains, tls, interval, intervalMs, ',
      ],
      [
        'retries of what reports by itself',
        ['kind: push', 'retries: 1'],
        'line 4, services.0.retries: unknown key for kind push; known are name, kind, token, ',
      ],
    ])('%s', (_, lines, problem) => expectOneProblem(problemsOf(...lines), problem));
  });
});
