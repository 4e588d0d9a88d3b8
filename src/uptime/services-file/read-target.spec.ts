import {
  expectOneProblem,
  parseFile,
  problemsOf,
  RULES,
  serviceOf,
  servicesOf,
} from '../../../test/support/services-file.js';
import {
  databaseTarget,
  DEFAULT_GRADE_LIMITS,
  DEFAULT_TLS_RULES,
  httpTarget,
  webSocketTarget,
} from '../domain/index.js';

describe('services file', () => {
  describe('reads the target', () => {
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
      expect(serviceOf('kind: tcp', 'host: bücher.example.', 'port: 25')?.target).toMatchObject({
        host: 'bücher.example.',
      });
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

    it('of kind push, with the thresholds and grades of the service itself only', () => {
      const yaml =
        'defaults: { failureThreshold: 5, successThreshold: 4, grades: { excellent: 1ms } }\nservices:\n' +
        '  - { name: backup, kind: push }\n' +
        '  - { name: job, kind: push, failureThreshold: 2, successThreshold: 3, grades: { acceptable: 2s } }\n' +
        '  - { name: shop, kind: http, url: http://a }\n';
      const { goodMs } = DEFAULT_GRADE_LIMITS;
      expect(servicesOf(yaml)).toMatchObject([
        { failureThreshold: 1, successThreshold: 1, grades: { goodMs, acceptableMs: Number.MAX_SAFE_INTEGER } },
        { failureThreshold: 2, successThreshold: 3, grades: { goodMs, acceptableMs: 2_000 } },
        { failureThreshold: 5, successThreshold: 4, grades: { excellentMs: 1, goodMs, acceptableMs: 1_000 } },
      ]);
    });

    it('of a paused service, which must be valid too', () => {
      expect(serviceOf('kind: http', 'url: http://a', 'enabled: false')).toMatchObject({ isPaused: true });
      expect(serviceOf('kind: http', 'url: http://a', 'enabled: true')).not.toHaveProperty('isPaused');
      expectOneProblem(problemsOf('kind: http', 'enabled: false'), 'services.0.url: ');
      expectOneProblem(
        problemsOf('kind: http', 'url: http://a', 'enabled: "no"'),
        'services.0.enabled: must be true or false',
      );
    });

    it('of a documented service from the environment when the file has no URL', () => {
      const [http, database, other] = servicesOf(
        'services:\n  - { name: http, kind: http, interval: 1s }\n  - { name: database, kind: database, tags: [store] }\n  - { name: websocket, kind: websocket, url: ws://a }\n',
      );
      expect(http).toEqual({ ...RULES, name: 'http', target: httpTarget(), intervalMs: 1_000 });
      expect(database).toMatchObject({ target: { url: 'redis://cache' }, tags: ['store'] });
      expect(other).toMatchObject({ target: webSocketTarget('ws://a') });
      expect(parseFile('services:\n  - { name: database, kind: http }\n').problems).toEqual([
        'line 2, services.0.url: must be a URL beginning with http:// or https://',
      ]);
    });
  });

  describe('is rejected, with the line and the path of every error', () => {
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
        'a database with an invalid port',
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
        'a host with a port',
        ['kind: tcp', 'host: a:1', 'port: 1'],
        'line 4, services.0.host: must be a host name or an IP address, without port',
      ],
      ['no port', ['kind: tcp', 'host: a'], 'line 2, services.0.port: must be an integer from 1 to 65535'],
      [
        'a query for KurrentDB',
        ['kind: database', 'url: kurrentdb://a', 'query: x'],
        'line 5, services.0.query: is not allowed for KurrentDB, which is probed by an append and a read',
      ],
      [
        'a MongoDB command that is not JSON',
        ['kind: database', 'url: mongodb://a', 'query: ping'],
        'line 5, services.0.query: must be a command as a JSON object',
      ],
      [
        'a token with characters that are not allowed in a header',
        ['kind: push', 'token: "a b"'],
        'line 4, services.0.token: must be a token of letters, digits and - . _ ~ + / =',
      ],
    ])('%s', (_, lines, problem) => expectOneProblem(problemsOf(...lines), problem));
  });
});
