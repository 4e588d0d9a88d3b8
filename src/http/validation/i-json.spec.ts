import fc from 'fast-check';
import { MAX_JSON_DEPTH, jsonIssues } from './i-json.js';

const mistakesIn = (text: string): readonly { path: string; problem: string }[] => jsonIssues(JSON.parse(text));
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('a body is refused with the path of', () => {
  it.each([
    [
      '{"data":{"items":[{"n":1},{"n":1e400}]}}',
      'data.items.1.n',
      'is a number that cannot be kept exactly; send it as text',
    ],
    ['{"data":-1e400}', 'data', 'is a number that cannot be kept exactly; send it as text'],
    ['[9007199254740992]', '0', 'is a number that cannot be kept exactly; send it as text'],
    ['{"a":-9007199254740992}', 'a', 'is a number that cannot be kept exactly; send it as text'],
    ['{"a":"\\ud800"}', 'a', 'holds broken Unicode (a lone surrogate)'],
    ['{"a":["x\\udc00y"]}', 'a.0', 'holds broken Unicode (a lone surrogate)'],
    ['{"a":{"k\\ud800":1}}', 'a.k\u{fffd}', 'has a name with broken Unicode (a lone surrogate)'],
    ['{"__proto__":{"a":1}}', '__proto__', 'should not exist'],
    ['{"a":[{"__proto__":null}]}', 'a.0.__proto__', 'should not exist'],
    [`{"a":${nested(MAX_JSON_DEPTH)}}`, 'a.0.0.0.0.0.….0.0.0.0.0.0', 'is nested deeper than 64 levels'],
  ])('%s', (text, path, problem) => {
    expect(mistakesIn(text)).toEqual([{ path, problem }]);
  });
});

describe('a body is accepted', () => {
  it.each([
    '{}',
    '[]',
    '{"a":9007199254740991,"b":-9007199254740991,"c":1.5e-300,"d":0.1,"e":-0}',
    '{"constructor":1,"prototype":{"toString":2}}',
    '{"a":"\\ud83d\\udc27","\\ud83d\\udc27":null}',
    nested(MAX_JSON_DEPTH),
  ])('%s', (text) => {
    expect(mistakesIn(text)).toEqual([]);
  });

  it('undefined, where there is none', () => {
    expect(jsonIssues(undefined)).toEqual([]);
  });

  it('whatever JSON there is that doubles and UTF-8 can hold', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8, stringUnit: 'binary' }), (text) =>
        expect(mistakesIn(text.replace(/-?\d{16,}(?:e\+?\d+)?|\d+(?:\.\d+)?e\+\d+|__proto__/g, '7'))).toEqual([]),
      ),
    );
  });
});

describe('what is told of a refused body', () => {
  it('is bounded, however much is wrong', () => {
    expect(mistakesIn(`[${'1e400,'.repeat(1_000)}1]`)).toHaveLength(20);
  });

  it('is short, however long the names are, and holds no broken Unicode', () => {
    const [mistake] = mistakesIn(`{${JSON.stringify('x'.repeat(100_000))}:{"a\\nb\\ud800":1e400}}`);
    expect(mistake?.path).toBe(`${'x'.repeat(40)}….a\u{fffd}b\u{fffd}`);
  });
});

describe('a body that is made to hurt', () => {
  it.each([
    ['a million lists in each other', nested(1_000_000)],
    ['half a million objects in each other', '{"a":'.repeat(500_000) + '1' + '}'.repeat(500_000)],
    ['half a million numbers', `[${'0,'.repeat(500_000)}0]`],
    ['a quarter of a million empty lists', `[${'[],'.repeat(350_000)}0]`],
    ['a hundred thousand names', `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":0`).join(',')}}`],
    ['a megabyte of text beyond Latin-1', JSON.stringify(['ž'.repeat(500_000)])],
  ])('%s: takes little time, and no stack', (_, text) => {
    const body: unknown = JSON.parse(text);
    const start = performance.now();
    jsonIssues(body);
    // Some milliseconds on a quiet machine; a walk that is not linear takes minutes.
    expect(performance.now() - start).toBeLessThan(500);
  });
});
