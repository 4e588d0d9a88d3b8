import fc from 'fast-check';
import { expectOneProblem, parseFile, problemsOf, servicesOf } from '../../../test/support/services-file.js';

describe('services file', () => {
  describe('is rejected, with the line and the path of every error', () => {
    it.each([
      ['- a\n', 'line 1, the file: must be a mapping with the array `services`'],
      ['', 'line 1, the file: must be a mapping with the array `services`'],
      [
        '# nothing\nservice: []\nservices: []\n',
        'line 2, service: unknown key, probably meant to be services; allowed are defaults, services',
      ],
      [
        'defaults:\n  interval: 1s\n',
        'line 1, services: must be an array of services, each a mapping with name and kind',
      ],
      ['services:\n  - shop\n', 'line 2, services.0: must be a mapping with name and kind'],
      [
        'services:\n  - { name: Shop, kind: http, url: http://a }\n',
        'line 2, services.0.name: must be at most 64 lower-case letters',
      ],
      [
        'services:\n  - { name: a, kind: http, url: http://a }\n  - { name: a, kind: http, url: http://b }\n',
        "line 3, services.1.name: must be unique, got 'a' twice",
      ],
      ['services: []\ndefaults:\n  url: http://a\n', 'line 3, defaults.url: unknown key; allowed are interval, '],
      ['services: []\ndefaults: 1\n', 'line 2, defaults: must be a mapping of settings for the services of this file'],
      ['services: [\n', 'line 2, the file: Flow sequence in block collection must be sufficiently indented'],
      ['services: []\nservices: []\n', 'line 2, the file: Map keys must be unique'],
      [
        'services:\n  - { name: a, kind: http, url: http://a, headers: *auth }\n',
        'line 2, the file: an alias must follow its anchor; a string that begins with * must be quoted',
      ],
      ['services:\n  - { name: a, kind: http, url: !secret http://a }\n', 'line 2, the file: Unresolved tag'],
      ['services: []\n---\nservices: []\n', 'line 2, the file: Source contains multiple documents'],
    ])('%j', (yaml, problem) => expectOneProblem(parseFile(yaml).problems, problem));

    it('all errors at once, in order of lines', () => {
      const { problems } = parseFile(
        'defaults: { retries: -1 }\nservices:\n  - name: a\n    kind: http\n    timeout: x\n    url: x\n    colour: red\n    timeout: y\n  - name: B\n    kind: tcp\n    port: 0\n  - { kind: smoke, retries: x }\nmore: 1\n',
      );
      expect(problems.map((problem) => problem.slice(0, problem.indexOf(': ')))).toEqual([
        'line 1, defaults.retries',
        'line 5, services.0.timeout',
        'line 6, services.0.url',
        'line 7, services.0.colour',
        'line 8, the file',
        'line 9, services.1.name',
        'line 9, services.1.host',
        'line 11, services.1.port',
        'line 12, services.2.name',
        'line 12, services.2.kind',
        'line 12, services.2.retries',
        'line 13, more',
      ]);
    });
  });

  it.each([
    'a: !hidden x',
    'a: *hidden',
    'a: |hidden\n',
    '- a\nhidden',
    'a: "hidden',
    'a: b: hidden',
    'a: [hidden',
    'a: {hidden',
    '%hidden\n',
    'a: @hidden',
    '}hidden',
    'a: "\\hidden"',
    'hidden',
    'a: "x" hidden',
    '---\nhidden\n---\nhidden\n',
  ])('never quotes invalid content: %j', (yaml) => {
    const { problems } = parseFile(yaml);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join()).not.toContain('hidden');
  });

  it('reports no follow-up errors of an invalid value', () => {
    expect(
      problemsOf('kind: http', 'url: http://a', 'interval: 60', 'retries: 5', 'grades: { excellent: x, good: 50ms }'),
    ).toEqual([
      expect.stringContaining('services.0.interval: '),
      expect.stringContaining('services.0.grades.excellent: '),
    ]);
    expect(
      parseFile('defaults: { interval: 60 }\nservices:\n  - { name: a, kind: http, url: http://a, retries: 5 }\n')
        .problems,
    ).toEqual([expect.stringContaining('line 1, defaults.interval: ')]);
  });

  it('is either rejected or valid for random content', () => {
    const keys = [
      'name',
      'kind',
      'url',
      'method',
      'headers',
      'body',
      'acceptedStatuses',
      'jsonPath',
      'path',
      'equals',
      'tls',
      'verify',
      'host',
      'port',
      'query',
      'token',
      'interval',
      'intervalMs',
      'timeout',
      'retries',
      'grades',
      'excellent',
      'tags',
      '__proto__',
      'constructor',
    ];
    const scalar = fc.oneof(
      fc.constantFrom(
        'http',
        'tcp',
        'push',
        'database',
        'http://a',
        'redis://a',
        'a',
        '1s',
        '$.a',
        '${TOKEN}',
        '${',
        '200-299',
        'GET',
      ),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.string(),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        scalar,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 6 }),
      ),
    }));
    const service = fc.oneof(
      value,
      fc.record(
        {
          name: fc.constantFrom('a', 'b'),
          kind: fc.constantFrom('http', 'tcp', 'push', 'database'),
          url: value,
          host: value,
          port: value,
          retries: value,
          interval: value,
          headers: value,
        },
        { requiredKeys: ['name', 'kind'] },
      ),
    );
    fc.assert(
      fc.property(
        fc.record(
          { services: fc.oneof(value, fc.array(service, { maxLength: 3 })), defaults: value },
          { requiredKeys: ['services'] },
        ),
        (file) => {
          const { services, problems } = parseFile(JSON.stringify(file));
          for (const problem of problems) expect(problem).toMatch(/^line \d+, [^:]+: ./s);
          if (problems.length > 0) return;
          for (const { intervalMs, timeoutMs, retries, retryDelayMs, jitterMs } of services)
            expect(
              (retries === 0 ? 0 : jitterMs + (retries + 1) * timeoutMs + retries * retryDelayMs) <= intervalMs,
            ).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.string(), (text) => parseFile(text).problems.length > 0),
      { numRuns: 500 },
    );
  });

  it('is read within seconds with a thousand services', () => {
    const entries = Array.from(
      { length: 1_000 },
      (_, index) =>
        `  - { name: s${index}, kind: http, url: "http://10.0.0.1/\${TOKEN}", interval: 10s, tags: [eu] }\n`,
    );
    const before = performance.now();
    expect(servicesOf(`services:\n${entries.join('')}`)).toHaveLength(1_000);
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});
