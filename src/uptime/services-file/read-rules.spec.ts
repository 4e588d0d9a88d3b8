import { expectOneProblem, problemsOf, RULES, serviceOf, servicesOf } from '../../../test/support/services-file.js';
import { httpTarget } from '../domain/index.js';

describe('services file', () => {
  describe('reads the rules', () => {
    it('as durations', () => {
      const service = serviceOf(
        'kind: http',
        'url: http://a',
        'interval: 1m30s',
        'timeout: 2s',
        'jitter: 500ms',
        'retries: 2',
        'retryDelay: 250ms',
        'failureThreshold: 5',
        'successThreshold: 1',
        'grades: { excellent: 20ms, good: 80ms, acceptable: 1s }',
        'tags: [eu, "team: shop"]',
      );
      expect(service).toEqual({
        name: 'shop',
        target: httpTarget('http://a'),
        intervalMs: 90_000,
        timeoutMs: 2_000,
        jitterMs: 500,
        retries: 2,
        retryDelayMs: 250,
        failureThreshold: 5,
        successThreshold: 1,
        grades: { excellentMs: 20, goodMs: 80, acceptableMs: 1_000 },
        tags: ['eu', 'team: shop'],
      });
    });

    it('as integers in milliseconds', () => {
      expect(
        serviceOf(
          'kind: http',
          'url: http://a',
          'intervalMs: 100',
          'timeoutMs: 50',
          'jitterMs: 0',
          'retryDelayMs: 5',
          'responseTimeBelowMs: 40',
          'grades: { excellentMs: 10, goodMs: 20, acceptableMs: 30 }',
        ),
      ).toMatchObject({
        target: { responseTimeBelowMs: 40 },
        intervalMs: 100,
        timeoutMs: 50,
        jitterMs: 0,
        retryDelayMs: 5,
        grades: { excellentMs: 10, goodMs: 20, acceptableMs: 30 },
      });
    });

    it('from the defaults when a service does not override them', () => {
      const [shop, other] = servicesOf(
        'defaults:\n  interval: 30s\n  grades: { excellent: 50ms }\n  tags: [eu]\nservices:\n  - { name: shop, kind: http, url: http://a }\n  - { name: other, kind: http, url: http://b, intervalMs: 2000, tags: [], grades: { good: 200ms } }\n',
      );
      expect(shop).toEqual({
        ...RULES,
        name: 'shop',
        target: httpTarget('http://a'),
        intervalMs: 30_000,
        grades: { excellentMs: 50, goodMs: 300, acceptableMs: 1_000 },
        tags: ['eu'],
      });
      expect(other).toEqual({
        ...RULES,
        name: 'other',
        target: httpTarget('http://b'),
        intervalMs: 2_000,
        grades: { excellentMs: 50, goodMs: 200, acceptableMs: 1_000 },
        tags: [],
      });
    });

    it('with YAML anchors and aliases', () => {
      const [, second] = servicesOf(
        'services:\n  - { name: a, kind: http, url: http://a, headers: &auth { X-Token: "${TOKEN}" } }\n  - { name: b, kind: http, url: http://b, headers: *auth }\n',
      );
      expect(second?.target).toMatchObject({ headers: { 'X-Token': 's3cret' } });
    });
  });

  describe('is rejected, with the line and the path of every error', () => {
    const HTTP = ['kind: http', 'url: http://a'];

    it.each<[string, readonly string[], string]>([
      [
        'an interval below a second',
        [...HTTP, 'interval: 500ms'],
        'line 5, services.0.interval: must be a duration from 1s to 1d, such as 500ms, 10s or 1m30s',
      ],
      [
        'an interval without unit',
        [...HTTP, 'interval: 10'],
        'line 5, services.0.interval: must be a duration from 1s to 1d',
      ],
      [
        'an interval of too few milliseconds',
        [...HTTP, 'intervalMs: 5'],
        'line 5, services.0.intervalMs: must be an integer from 100 to 86400000',
      ],
      [
        'a timeout in both forms',
        [...HTTP, 'timeout: 5s', 'timeoutMs: 5000'],
        'line 6, services.0.timeoutMs: must not be given together with timeout',
      ],
      [
        'a jitter as long as the interval',
        [...HTTP, 'jitter: 10s'],
        'line 5, services.0.jitter: must be shorter than the interval of 10s, got 10s',
      ],
      [
        'retries that do not fit into the interval',
        [...HTTP, 'retries: 1'],
        'line 5, services.0.retries: 2 attempts of up to 5s with delays of 1s do not fit into the interval of 10s; the timeout may be at most 4s500ms',
      ],
      [
        'a threshold of 0',
        [...HTTP, 'failureThreshold: 0'],
        'line 5, services.0.failureThreshold: must be an integer from 1 to 100',
      ],
      [
        'grades in reverse order',
        [...HTTP, 'grades: { excellent: 400ms }'],
        'line 5, services.0.grades: must be excellent < good < acceptable, got 400 ms, 300 ms and 1000 ms',
      ],
      [
        'an empty tag',
        [...HTTP, 'tags: [""]'],
        'line 5, services.0.tags.0: must be a string of 1 to 64 characters on one line',
      ],
      [
        'a duplicate tag',
        [...HTTP, 'tags: [a, a]'],
        "line 5, services.0.tags: must not have duplicates, got 'a' twice",
      ],
    ])('%s', (_, lines, problem) => expectOneProblem(problemsOf(...lines), problem));
  });
});
