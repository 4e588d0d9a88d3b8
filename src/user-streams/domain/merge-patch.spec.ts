import fc from 'fast-check';
import { mergePatch } from './merge-patch.js';

/** JSON values with names that are dangerous to assign to, as `JSON.parse` gives them. */
const name = fc.oneof(
  fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'),
  fc.string({ maxLength: 3 }),
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.string({ maxLength: 3 })),
    fc.array(tie('json'), { maxLength: 3 }),
    // Parsed from JSON, so that __proto__ is an own member.
    fc
      .array(fc.tuple(name, tie('json')), { maxLength: 5 })
      .map((entries): unknown =>
        JSON.parse(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`),
      ),
  ),
}));

/** The pseudocode of RFC 7396, section 2, on maps. */
function mergeByRfc(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const members = new Map<string, unknown>(
    typeof target === 'object' && target !== null && !Array.isArray(target) ? Object.entries(target) : [],
  );
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) members.delete(key);
    else members.set(key, mergeByRfc(members.get(key), value));
  }
  return Object.defineProperties(
    {},
    Object.fromEntries(
      [...members].map(([key, value]) => [key, { value, enumerable: true }]).filter(([key]) => key !== '__proto__'),
    ) as PropertyDescriptorMap,
  );
}

function objectsIn(value: unknown): object[] {
  return typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(objectsIn)] : [];
}

describe('merge patch', () => {
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])('passes the test case of RFC 7396, appendix A: %s patched by %s is %s', (target, patch, result) => {
    expect(JSON.stringify(mergePatch(JSON.parse(target), JSON.parse(patch)))).toBe(result);
  });

  it('has the same result as the pseudocode of the RFC', () => {
    const withoutProto = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (key, member: unknown) => (key === '__proto__' ? undefined : member)));
    fc.assert(
      fc.property(json.map(withoutProto), json.map(withoutProto), (target, patch) =>
        expect(mergePatch(target, patch)).toEqual(mergeByRfc(target, patch)),
      ),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const once = mergePatch(target, patch);
        expect(JSON.stringify(mergePatch(once, patch))).toBe(JSON.stringify(once));
      }),
    );
  });

  it('removes exactly the members that are null', () => {
    fc.assert(
      fc.property(fc.dictionary(name, fc.integer(), { noNullPrototype: true }), fc.array(name), (target, removed) => {
        const patch: unknown = JSON.parse(
          `{${[...new Set(removed)].map((key) => `${JSON.stringify(key)}:null`).join(',')}}`,
        );
        expect(Object.keys(mergePatch(target, patch) as object)).toEqual(
          Object.keys(target).filter((key) => !removed.includes(key)),
        );
      }),
    );
  });

  it('mutates neither argument, and shares no objects with them', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        const result = mergePatch(target, patch);
        const given = new Set(objectsIn([target, patch]));
        expect(objectsIn(result).some((object) => given.has(object))).toBe(false);
        expect(JSON.stringify([target, patch])).toBe(before);
      }),
    );
  });

  it('never changes a prototype, and keeps names such as __proto__ as data', () => {
    const patch: unknown = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"deep":{"__proto__":{"polluted":true}}}',
    );
    const result = mergePatch({}, patch) as { deep: object };
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(result.deep)).toBe(Object.prototype);
    expect(JSON.stringify(result)).toBe(JSON.stringify(patch));
    expect('polluted' in {} || 'polluted' in result || 'polluted' in result.deep).toBe(false);
    // Inherited members are not merged.
    expect(mergePatch({}, { toString: { a: 1 } })).toEqual({ toString: { a: 1 } });
  });

  it('accepts the maximum nesting of a request body', () => {
    const deep = (leaf: number): unknown => JSON.parse(`${'{"a":'.repeat(64)}${leaf}${'}'.repeat(64)}`);
    expect(mergePatch(deep(1), deep(2))).toEqual(deep(2));
  });
});
