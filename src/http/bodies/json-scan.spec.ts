import fc from 'fast-check';
import { type JsonExcess, JsonScan, MAX_JSON_DEPTH } from './json-scan.js';

const MANY = 1_000_000;
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

function excessOf(text: string, maxValues = MANY, chunkBytes = Infinity): JsonExcess | undefined {
  const bytes = Buffer.from(text);
  const scan = new JsonScan(maxValues);
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    const excess = scan.next(bytes.subarray(from, from + chunkBytes));
    if (excess) return excess;
  }
  return undefined;
}

/** Number of values and names, and of levels, of parsed JSON. */
function measure(value: unknown): { readonly values: number; readonly depth: number } {
  if (typeof value !== 'object' || value === null) return { values: 1, depth: 0 };
  const inner = Object.values(value).map(measure);
  return {
    values: 1 + inner.reduce((sum, { values }) => sum + values, 0) + (Array.isArray(value) ? 0 : inner.length),
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
  };
}

describe('a scan of JSON', () => {
  it.each([
    [nested(MAX_JSON_DEPTH), undefined],
    [nested(MAX_JSON_DEPTH + 1), 'depth'],
    ['{"a":'.repeat(MAX_JSON_DEPTH + 1), 'depth'],
    ['[]'.repeat(MAX_JSON_DEPTH + 1), undefined],
    [JSON.stringify('['.repeat(100)), undefined],
    [JSON.stringify(`"${'['.repeat(100)}`), undefined],
    [`"\\\\"${nested(MAX_JSON_DEPTH + 1)}`, 'depth'],
    [`"\\\\\\"${nested(MAX_JSON_DEPTH + 1)}"`, undefined],
  ])('bounds the levels outside of strings: %.40s', (text, excess) => {
    expect(excessOf(text)).toBe(excess);
    expect(excessOf(text, MANY, 1)).toBe(excess);
  });

  it.each([
    ['[0,0,0]', 4],
    ['{"a":0,"b":0}', 5],
    ['{"a":[0,[1,2]],"b":{"c":0}}', 11],
    [`["${',:'.repeat(100)}"]`, 2],
    // An empty array counts as if it had an element.
    ['[[],[],[]]', 7],
  ])('bounds the values of %.40s', (text, values) => {
    for (const cut of [Infinity, 1]) {
      expect(excessOf(text, values, cut)).toBeUndefined();
      expect(excessOf(text, values - 1, cut)).toBe('values');
    }
  });

  it('never counts less than there is, and at most twice as much, however the text is cut', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8, stringUnit: 'binary' }), fc.integer({ min: 1, max: 9 }), (text, cut) => {
        const { values, depth } = measure(JSON.parse(text));
        const scan = new JsonScan(MANY);
        const bytes = Buffer.from(text);
        for (let from = 0; from < bytes.length; from += cut)
          expect(scan.next(bytes.subarray(from, from + cut))).toBeUndefined();
        expect(depth).toBeLessThanOrEqual(MAX_JSON_DEPTH);
        expect(scan.values).toBeGreaterThanOrEqual(values);
        expect(scan.values).toBeLessThanOrEqual(2 * values);
      }),
    );
  });

  it.each([
    ['zeros', `[${'0,'.repeat(750_000)}0]`],
    ['a string of escapes', JSON.stringify('"\\'.repeat(375_000))],
    ['backslashes that end nowhere', `"${'\\'.repeat(1_500_000)}`],
    ['white space', ' '.repeat(1_500_000)],
  ])('takes linear time for a megabyte and a half of %s', (_, text) => {
    const bytes = Buffer.from(text);
    const start = performance.now();
    expect(new JsonScan(MANY).next(bytes)).toBeUndefined();
    // It takes some milliseconds on an idle machine; a scan that is not linear takes minutes.
    expect(performance.now() - start).toBeLessThan(500);
  });
});
