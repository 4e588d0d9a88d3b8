import fc from 'fast-check';

const PROTOTYPE_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'then',
  'toJSON',
];
/** Valid JSON that JavaScript values or UTF-8 cannot represent. */
const UNFIT = [
  '1e400',
  '-1e400',
  '12345678901234567890',
  '-9007199254740993',
  '1.7976931348623157e308',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '{"\\udc00":1}',
  '{"__proto__":{"isAdmin":true}}',
];
const LEAVES = [
  '1E5',
  '-0',
  '0.1',
  '5e-324',
  '9007199254740991',
  'null',
  'true',
  'false',
  '""',
  '[]',
  '{}',
  '"\\u0000"',
  '"\\u2028"',
  ...PROTOTYPE_NAMES.map((name) => JSON.stringify(name)),
];
const DEEP = [
  `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  `${'['.repeat(100_000)}`,
  `${'{"a":['.repeat(30)}{}${']}'.repeat(30)}`,
  `${'{"a":'.repeat(62)}1${'}'.repeat(62)}`,
  `${'{"a":'.repeat(63)}{}${'}'.repeat(63)}`,
];
const LARGE = [
  JSON.stringify('x'.repeat(1_048_576)),
  JSON.stringify('\u{1f427}'.repeat(200_000)),
  `[${'0,'.repeat(300_000)}0]`,
  `{${Array.from({ length: 20_000 }, (_, index) => `"m${index}":${index}`).join()}}`,
  JSON.stringify('y'.repeat(120_000)),
];

export const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(...PROTOTYPE_NAMES.slice(1), '', '\u0000', '..', 'x'.repeat(1_000)),
);
export const memberName = fc.oneof(
  anyText,
  fc.constantFrom('displayName', 'email', 'amount', 'details', 'items', 'status', '$ref', '$acl'),
);

export const { nested } = fc.letrec<{ nested: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...UNFIT) },
    { weight: 40, arbitrary: fc.constantFrom(...LEAVES) },
    { weight: 20, arbitrary: anyText.map((text) => JSON.stringify(text)) },
    {
      weight: 20,
      arbitrary: fc.double({ min: -9e15, max: 9e15, noNaN: true }).map((number) => JSON.stringify(number)),
    },
    { weight: 10, arbitrary: fc.maxSafeInteger().map(String) },
  ),
  nested: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('nested'), { maxLength: 4 }).map((entries) => `[${entries.join()}]`),
    fc.array(fc.tuple(memberName, tie('nested')), { maxLength: 5 }).map((members) => objectText(members)),
  ),
}));

/** Any JSON; sometimes very deep or very large. */
export const jsonText: fc.Arbitrary<string> = fc.oneof(
  { weight: 20, arbitrary: nested },
  { weight: 1, arbitrary: fc.constantFrom(...DEEP) },
  { weight: 1, arbitrary: fc.constantFrom(...LARGE) },
);

/** A JSON object with any members. */
export const dataText = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(fc.tuple(memberName, nested), { maxLength: 5 }).map((members) => objectText(members)),
  },
  { weight: 1, arbitrary: jsonText.map((text) => `{"details":${text}}`) },
);

export function objectText(members: readonly (readonly [name: string, text: string])[]): string {
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join()}}`;
}
