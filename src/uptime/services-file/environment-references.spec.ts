import { problemsOf, serviceOf } from '../../../test/support/services-file.js';

describe('services file', () => {
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
          'line 5, services.0.body: MISSING is not set in the environment; set it, or write $${MISSING} for a literal ${MISSING}',
          'line 5, services.0.body: EMPTY is not set in the environment; set it, or write $${EMPTY} for a literal ${EMPTY}',
        ],
      ],
      [
        'body: "${TOKEN:-default}"',
        [
          'line 5, services.0.body: `${` must begin a reference to the environment, such as ${SHOP_TOKEN}; write $${ for a literal ${',
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
});
