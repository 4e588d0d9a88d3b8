import fc from 'fast-check';
import { JsonScan } from './json-scan.js';
import { countMembers, repeatedMember } from './repeated-member.js';

/** The members that {@link JsonScan} finds. */
function scanned(text: string): number {
  const scan = new JsonScan(Infinity);
  scan.next(Buffer.from(text));
  return scan.members;
}

const anyJson = fc.json({ stringUnit: 'binary', maxDepth: 6 });

describe('repeatedMember', () => {
  it.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"":0,"":1}', ['']],
    ['{"__proto__":0,"__proto__":1}', ['__proto__']],
    ['{"a":{"b":1},"c":[0,{"x":[],"y":{},"x":0}]}', ['c', 1, 'x']],
    ['[[],{"a":{}},{"b":"}","c":"\\"","b":0}]', [2, 'b']],
    ['{"a":{"a":{"a":0}},"b":["a","a"],"c":":"}', undefined],
    ['{"a":[{},"b"],"b":{"c":{}},"c":0}', undefined],
    ['[]', undefined],
    ['"{"', undefined],
  ])('finds in %s %j', (text, place) => {
    expect(repeatedMember(text)).toEqual(place);
    expect(countMembers(JSON.parse(text)) < scanned(text)).toBe(place !== undefined);
  });

  it('finds nothing in JSON that was made from a value, and as many members as a scan of its text', () => {
    fc.assert(
      fc.property(anyJson, (text) => {
        const value: unknown = JSON.parse(text);
        expect(repeatedMember(JSON.stringify(value))).toBeUndefined();
        expect(countMembers(value)).toBe(scanned(JSON.stringify(value)));
      }),
    );
  });

  it('finds a member that was repeated, wherever it is', () => {
    fc.assert(
      fc.property(anyJson, anyJson, fc.string({ unit: 'binary' }), (before, value, name) => {
        const key = JSON.stringify(name);
        const text = `{"data":[${before},{${key}:${value},"x${name.length}":0,${key}:${before}}]}`;
        expect(repeatedMember(text)).toBeDefined();
        expect(countMembers(JSON.parse(text))).toBeLessThan(scanned(text));
      }),
    );
  });
});
