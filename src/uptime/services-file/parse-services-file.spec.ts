import fc from 'fast-check';
import {
  databaseTarget,
  DEFAULT_GRADE_LIMITS,
  DEFAULT_TLS_RULES,
  httpTarget,
  type MonitoredService,
  type ProbeTarget,
  webSocketTarget,
} from '../domain/index.js';
import { type ServiceRules } from './service-rules.js';
import { parseServicesFile } from './parse-services-file.js';

const RULES: ServiceRules = {
  intervalMs: 10_000,
  timeoutMs: 5_000,
  failureThreshold: 3,
  successThreshold: 2,
  grades: DEFAULT_GRADE_LIMITS,
  tags: [],
  jitterMs: 0,
  retries: 0,
  retryDelayMs: 1_000,
};
const ENVIRONMENT = {
  TOKEN: 's3cret',
  SHOP_URL: 'https://shop.example',
  BAD_URL: 'hidden-value',
  EMPTY: '',
  TWO_LINES: 'hidden\nvalue',
  DOLLARS: '${TOKEN} $& $1',
};
const DOCUMENTED = new Map<string, ProbeTarget>([
  ['http', httpTarget()],
  ['database', databaseTarget('redis://cache')],
]);

const parse = (yaml: string): { services: MonitoredService[]; problems: string[] } =>
  parseServicesFile(yaml, { environment: ENVIRONMENT, rules: RULES, documented: DOCUMENTED });

/** The services of a file that has no mistake. */
function servicesOf(yaml: string): MonitoredService[] {
  const { services, problems } = parse(yaml);
  expect(problems).toEqual([]);
  return services;
}

/** The one service that has these lines. */
function serviceOf(...lines: readonly string[]): MonitoredService | undefined {
  return servicesOf(`services:\n  - name: shop\n${lines.map((line) => `    ${line}\n`).join('')}`)[0];
}

/** What is wrong with a service of these lines: the first of them is line 3 of the file. */
function problemsOf(...lines: readonly string[]): string[] {
  return parse(`services:\n  - name: shop\n${lines.map((line) => `    ${line}\n`).join('')}`).problems;
}

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

    it('of kind websocket', () => {
      const service = serviceOf(
        'kind: websocket',
        'url: wss://shop.example/feed',
        'headers: { Authorization: "Bearer ${TOKEN}" }',
        'subprotocol: graphql-ws',
        'message: hello',
        'answerContains: welcome',
        'tls: { downBelowDays: 1 }',
      );
      expect(service?.target).toEqual({
        kind: 'websocket',
        url: 'wss://shop.example/feed',
        headers: { Authorization: 'Bearer s3cret' },
        subprotocol: 'graphql-ws',
        message: 'hello',
        answerContains: 'welcome',
        tls: { verify: true, certificate: { downBelowDays: 1 } },
      });
    });

    it('of kind database, with a query in its language', () => {
      expect(
        serviceOf('kind: database', 'url: postgres://prober:${TOKEN}@db/shop', 'query: SELECT 1 FROM orders LIMIT 1')
          ?.target,
      ).toEqual({ kind: 'database', url: 'postgres://prober:s3cret@db/shop', query: 'SELECT 1 FROM orders LIMIT 1' });
      expect(serviceOf('kind: database', 'url: mongodb://a:27017,b:27017', `query: '{"ping": 1}'`)?.target).toEqual({
        kind: 'database',
        url: 'mongodb://a:27017,b:27017',
        query: '{"ping": 1}',
      });
      expect(serviceOf('kind: database', 'url: kurrentdb+discover://db:2113')?.target).toEqual(
        databaseTarget('kurrentdb+discover://db:2113'),
      );
    });

    it('of kind tcp, with and without TLS', () => {
      expect(
        serviceOf('kind: tcp', 'host: mail.example', 'port: 25', 'send: "QUIT\\r\\n"', 'answerContains: "220"')?.target,
      ).toEqual({ kind: 'tcp', host: 'mail.example', port: 25, send: 'QUIT\r\n', answerContains: '220' });
      expect(serviceOf('kind: tcp', 'host: "::1"', 'port: 465', 'tls: {}')?.target).toEqual({
        kind: 'tcp',
        host: '::1',
        port: 465,
        tls: DEFAULT_TLS_RULES,
      });
    });

    it('of kind push, without retries', () => {
      const yaml =
        'defaults: { retries: 1, timeout: 2s, jitter: 1s }\nservices:\n  - { name: backup, kind: push, token: "${TOKEN}", interval: 1d }\n  - { name: shop, kind: http, url: http://a }\n';
      expect(servicesOf(yaml)).toMatchObject([
        { name: 'backup', target: { kind: 'push', token: 's3cret' }, intervalMs: 86_400_000, retries: 0, jitterMs: 0 },
        { name: 'shop', retries: 1, jitterMs: 1_000 },
      ]);
    });

    it('of a documented service from the environment when the file has no URL', () => {
      const [http, database, other] = servicesOf(
        'services:\n  - { name: http, kind: http, interval: 1s }\n  - { name: database, kind: database, tags: [store] }\n  - { name: websocket, kind: websocket, url: ws://a }\n',
      );
      expect(http).toEqual({ ...RULES, name: 'http', target: httpTarget(), intervalMs: 1_000 });
      expect(database).toMatchObject({ target: { url: 'redis://cache' }, tags: ['store'] });
      expect(other).toMatchObject({ target: webSocketTarget('ws://a') });
      expect(parse('services:\n  - { name: database, kind: http }\n').problems).toEqual([
        'line 2, services.0.url: must be a URL beginning with http:// or https://',
      ]);
    });
  });

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

  describe('resolves environment references', () => {
    it('in every string of a target, without interpreting the value', () => {
      expect(
        serviceOf(
          'kind: http',
          'url: ${SHOP_URL}/a',
          'body: "${DOLLARS}"',
          'bodyContains: "${TOKEN}"',
          'jsonPath: { path: $, equals: "${TOKEN}" }',
        )?.target,
      ).toMatchObject({
        url: 'https://shop.example/a',
        body: '${TOKEN} $& $1',
        bodyContains: 's3cret',
        jsonPath: { path: '$', equals: 's3cret' },
      });
      expect(serviceOf('kind: tcp', 'host: ${TOKEN}', 'port: 1', 'send: a${TOKEN}b${TOKEN}c')?.target).toMatchObject({
        host: 's3cret',
        send: 'as3cretbs3cretc',
      });
    });

    it('except the escaped $${', () => {
      expect(serviceOf('kind: http', 'url: http://a', 'body: "$${TOKEN} $TOKEN $ {} costs $5"')?.target).toMatchObject({
        body: '${TOKEN} $TOKEN $ {} costs $5',
      });
    });

    it.each([
      [
        'body: "${MISSING} ${EMPTY}"',
        [
          'line 5, services.0.body: MISSING is not set in the environment; set it, or write $${MISSING} for the text itself',
          'line 5, services.0.body: EMPTY is not set in the environment; set it, or write $${EMPTY} for the text itself',
        ],
      ],
      [
        'body: "${TOKEN:-default}"',
        [
          'line 5, services.0.body: `${` begins a reference to the environment, such as ${SHOP_TOKEN}; write $${ for the two characters themselves',
        ],
      ],
      [
        'headers: { X-A: "${TWO_LINES}" }',
        [
          'line 5, services.0.headers.X-A: must be a string on one line, of characters allowed in a header, after TWO_LINES of the environment is inserted',
        ],
      ],
    ])('and reports the error in %s, never a value', (line, problems) => {
      expect(problemsOf('kind: http', 'url: http://a', line)).toEqual(problems);
      expect(problems.join()).not.toContain('hidden');
    });

    it('and never shows an invalid URL', () => {
      expect(problemsOf('kind: http', 'url: "${BAD_URL}"')).toEqual([
        'line 4, services.0.url: must be a URL beginning with http:// or https://, after BAD_URL of the environment is inserted',
      ]);
    });

    it('only in the target: names and tags are public', () => {
      expect(serviceOf('kind: http', 'url: http://a', 'tags: ["${TOKEN}"]')?.tags).toEqual(['${TOKEN}']);
    });
  });

  describe('is rejected, with the line and the path of every error', () => {
    const HTTP = ['kind: http', 'url: http://a'];

    it.each<[string, readonly string[], string]>([
      [
        'an unknown kind',
        ['kind: smoke'],
        'line 3, services.0.kind: must be one of http, websocket, database, tcp, push',
      ],
      ['no kind', ['url: http://a'], 'line 2, services.0.kind: must be one of http, websocket, database, tcp, push'],
      ['no URL', ['kind: http'], 'line 2, services.0.url: must be a URL beginning with http:// or https://'],
      [
        'a URL of another protocol',
        ['kind: websocket', 'url: http://a'],
        'line 4, services.0.url: must be a URL beginning with ws:// or wss://',
      ],
      [
        'an empty URL',
        ['kind: http', 'url:'],
        'line 4, services.0.url: must be a URL beginning with http:// or https://',
      ],
      [
        'a password that is not percent-encoded',
        ['kind: http', 'url: http://u:50%@a'],
        'line 4, services.0.url: must be a URL of which user and password are percent-encoded: write a % in them as %25',
      ],
      [
        'a database without a host',
        ['kind: database', 'url: "redis://:p@/1"'],
        'line 4, services.0.url: must be a URL beginning with kurrentdb://, ',
      ],
      [
        'a database at a port that is none',
        ['kind: database', 'url: "kurrentdb://a:2113,b:x"'],
        'line 4, services.0.url: must be a URL beginning with kurrentdb://, ',
      ],
      ['a password with an @', ['kind: database', 'url: postgres://u:p@ss@a/db'], 'user and password percent-encoded'],
      [
        'an unknown database',
        ['kind: database', 'url: oracle://a'],
        'line 4, services.0.url: must be a URL beginning with kurrentdb://, ',
      ],
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
      [
        'a method that is none',
        [...HTTP, 'method: get'],
        'line 5, services.0.method: must be one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      ],
      [
        'a header that is no text',
        [...HTTP, 'headers:', '  X-Version: 1'],
        'line 6, services.0.headers.X-Version: must be a string on one line',
      ],
      [
        'a header without a proper name',
        [...HTTP, 'headers:', '  "X Version": a'],
        'line 6, services.0.headers.X Version: must be the name of a header',
      ],
      [
        'a header that the probe sets',
        [...HTTP, 'headers: { Content-Length: "1" }'],
        'line 5, services.0.headers.Content-Length: this header is set by the probe itself; leave it out',
      ],
      [
        'headers that are no mapping',
        [...HTTP, 'headers: [a]'],
        'line 5, services.0.headers: must be a mapping of header names to strings',
      ],
      ['a body that is no text', [...HTTP, 'body: { a: 1 }'], 'line 5, services.0.body: must be a string'],
      [
        'no status that is accepted',
        [...HTTP, 'acceptedStatuses: []'],
        'line 5, services.0.acceptedStatuses: must be at least one status',
      ],
      [
        'statuses that are none',
        [...HTTP, 'acceptedStatuses:', '  - 200', '  - 99'],
        'line 7, services.0.acceptedStatuses.1: must be a status from 100 to 599 or a range such as 300-399',
      ],
      [
        'statuses the wrong way round',
        [...HTTP, 'acceptedStatuses: [399-300]'],
        'line 5, services.0.acceptedStatuses.0: must be a status from 100 to 599 or a range such as 300-399',
      ],
      [
        'a status without a list',
        [...HTTP, 'acceptedStatuses: 200'],
        'line 5, services.0.acceptedStatuses: must be an array, each item a status',
      ],
      [
        'a JSON path that is none',
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
        'days the wrong way round',
        [...HTTP, 'tls: { degradedBelowDays: 3, downBelowDays: 3 }'],
        'line 5, services.0.tls.degradedBelowDays: must be more than the 3 days of downBelowDays',
      ],
      [
        'TLS that is verified perhaps',
        [...HTTP, 'tls: { verify: yes }'],
        'line 5, services.0.tls.verify: must be true or false',
      ],
      [
        'a host with a port',
        ['kind: tcp', 'host: a:1', 'port: 1'],
        'line 4, services.0.host: must be a host name or an IP address, without port',
      ],
      ['no port', ['kind: tcp', 'host: a'], 'line 2, services.0.port: must be an integer from 1 to 65535'],
      [
        'a query for KurrentDB',
        ['kind: database', 'url: kurrentdb://a', 'query: x'],
        'line 5, services.0.query: KurrentDB takes no query',
      ],
      [
        'a MongoDB command that is no JSON',
        ['kind: database', 'url: mongodb://a', 'query: ping'],
        'line 5, services.0.query: must be a command as a JSON object',
      ],
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
        'line 6, services.0.timeoutMs: timeout says the same; keep one of them',
      ],
      [
        'a jitter as long as the interval',
        [...HTTP, 'jitter: 10s'],
        'line 5, services.0.jitter: must be shorter than the interval of 10s, got 10s',
      ],
      [
        'retries that do not fit into the interval',
        [...HTTP, 'retries: 1'],
        'line 5, services.0.retries: 2 tries of up to 5s, 1s apart, do not fit into the interval of 10s; with a timeout of 4s500ms they would',
      ],
      [
        'a threshold of none',
        [...HTTP, 'failureThreshold: 0'],
        'line 5, services.0.failureThreshold: must be an integer from 1 to 100',
      ],
      [
        'grades the wrong way round',
        [...HTTP, 'grades: { excellent: 400ms }'],
        'line 5, services.0.grades: must be excellent < good < acceptable, got 400 ms, 300 ms and 1000 ms',
      ],
      [
        'an empty tag',
        [...HTTP, 'tags: [""]'],
        'line 5, services.0.tags.0: must be a string of 1 to 64 characters on one line',
      ],
      ['a tag that is there twice', [...HTTP, 'tags: [a, a]'], "line 5, services.0.tags: 'a' is there twice"],
      [
        'a token that no header can hold',
        ['kind: push', 'token: "a b"'],
        'line 4, services.0.token: must be a token of letters, digits and - . _ ~ + / =',
      ],
    ])('%s', (_, lines, problem) => {
      const [first = '', ...others] = problemsOf(...lines);
      expect(first).toContain(problem);
      expect(others).toEqual([]);
    });

    it.each([
      ['- a\n', 'line 1, the file: must be a mapping with the list `services`'],
      ['', 'line 1, the file: must be a mapping with the list `services`'],
      [
        '# nothing\nservice: []\nservices: []\n',
        'line 2, service: unknown key, probably meant to be services; known are defaults, services',
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
        "line 3, services.1.name: 'a' is named twice",
      ],
      ['services: []\ndefaults:\n  url: http://a\n', 'line 3, defaults.url: unknown key; known are interval, '],
      [
        'services: []\ndefaults: 1\n',
        'line 2, defaults: must be a mapping of what holds for the services of this file',
      ],
      ['services: [\n', 'line 2, the file: Flow sequence in block collection must be sufficiently indented'],
      ['services: []\nservices: []\n', 'line 2, the file: Map keys must be unique'],
      [
        'services:\n  - { name: a, kind: http, url: http://a, headers: *auth }\n',
        'line 2, the file: what an alias stands for must come before it; a string that begins with * needs quotes',
      ],
      ['services:\n  - { name: a, kind: http, url: !secret http://a }\n', 'line 2, the file: Unresolved tag'],
      ['services: []\n---\nservices: []\n', 'line 2, the file: Source contains multiple documents'],
    ])('%j', (yaml, problem) => {
      const [first = '', ...others] = parse(yaml).problems;
      expect(first).toContain(problem);
      expect(others).toEqual([]);
    });

    it('all errors at once, in order of lines', () => {
      const { problems } = parse(
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
    const { problems } = parse(yaml);
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
      parse('defaults: { interval: 60 }\nservices:\n  - { name: a, kind: http, url: http://a, retries: 5 }\n').problems,
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
          const { services, problems } = parse(JSON.stringify(file));
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
      fc.property(fc.string(), (text) => parse(text).problems.length > 0),
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
