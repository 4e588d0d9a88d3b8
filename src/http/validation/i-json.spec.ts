import fc from 'fast-check';
import { MAX_JSON_DEPTH } from '../bodies/json-scan.js';
import { jsonIssues } from './i-json.js';

const issuesIn = (text: string): readonly { path: string; problem: string }[] => jsonIssues(JSON.parse(text));
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('jsonIssues reports the path of invalid values', () => {
  it.each([
    [
      '{"data":{"items":[{"n":1},{"n":1e400}]}}',
      'data.items.1.n',
      'is a number that cannot be stored exactly; send it as a string',
    ],
    ['{"data":-1e400}', 'data', 'is a number that cannot be stored exactly; send it as a string'],
    ['[9007199254740992]', '0', 'is a number that cannot be stored exactly; send it as a string'],
    ['{"a":-9007199254740992}', 'a', 'is a number that cannot be stored exactly; send it as a string'],
    ['{"a":"\\ud800"}', 'a', 'contains invalid Unicode (a lone surrogate)'],
    ['{"a":["x\\udc00y"]}', 'a.0', 'contains invalid Unicode (a lone surrogate)'],
    ['{"a":{"k\\ud800":1}}', 'a.k\u{fffd}', 'has a property name with invalid Unicode (a lone surrogate)'],
    ['{"__proto__":{"a":1}}', '__proto__', 'should not exist'],
    ['{"a":[{"__proto__":null}]}', 'a.0.__proto__', 'should not exist'],
    [`{"a":${nested(MAX_JSON_DEPTH)}}`, 'a.0.0.0.0.0.….0.0.0.0.0.0', 'must have at most 64 levels of nesting'],
  ])('%s', (text, path, problem) => {
    expect(issuesIn(text)).toEqual([expect.objectContaining({ path, problem })]);
  });

  it('reports the place of invalid values by its segments', () => {
    expect(issuesIn('{"a.b":[0,{"c":1e400}]}')).toMatchObject([{ path: 'a.b.1.c', segments: ['a.b', 1, 'c'] }]);
    expect(issuesIn('1e400')).toMatchObject([{ path: 'body', segments: [] }]);
  });
});

describe('jsonIssues accepts', () => {
  it.each([
    '{}',
    '[]',
    '{"a":9007199254740991,"b":-9007199254740991,"c":1.5e-300,"d":0.1,"e":-0}',
    '{"constructor":1,"prototype":{"toString":2}}',
    '{"a":"\\ud83d\\udc27","\\ud83d\\udc27":null}',
    nested(MAX_JSON_DEPTH),
  ])('%s', (text) => {
    expect(issuesIn(text)).toEqual([]);
  });

  it('a missing body', () => {
    expect(jsonIssues(undefined)).toEqual([]);
  });

  it('all JSON that doubles and UTF-8 can represent', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8, stringUnit: 'binary' }), (text) =>
        expect(issuesIn(text.replace(/-?\d{16,}(?:e\+?\d+)?|\d+(?:\.\d+)?e\+\d+|__proto__/g, '7'))).toEqual([]),
      ),
    );
  });
});

describe('the reported issues', () => {
  it('are limited to 20', () => {
    expect(issuesIn(`[${'1e400,'.repeat(1_000)}1]`)).toHaveLength(20);
  });

  it('truncate long names and replace invalid Unicode', () => {
    const [issue] = issuesIn(`{${JSON.stringify('x'.repeat(100_000))}:{"a\\nb\\ud800":1e400}}`);
    expect(issue?.path).toBe(`${'x'.repeat(40)}….a\u{fffd}b\u{fffd}`);
  });
});

describe('jsonIssues runs in linear time and without recursion on', () => {
  it.each([
    ['a million nested arrays', nested(1_000_000)],
    ['half a million nested objects', '{"a":'.repeat(500_000) + '1' + '}'.repeat(500_000)],
    ['half a million numbers', `[${'0,'.repeat(500_000)}0]`],
    ['a quarter of a million empty arrays', `[${'[],'.repeat(350_000)}0]`],
    ['a hundred thousand names', `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":0`).join(',')}}`],
    ['a megabyte of non-Latin-1 characters', JSON.stringify(['ž'.repeat(500_000)])],
  ])('%s', (_, text) => {
    const body: unknown = JSON.parse(text);
    const durations = [0, 1, 2].map(() => {
      const start = performance.now();
      jsonIssues(body);
      return performance.now() - start;
    });
    // It takes some milliseconds on an idle machine; a traversal that is not linear takes minutes.
    expect(Math.min(...durations)).toBeLessThan(500);
  });
});
