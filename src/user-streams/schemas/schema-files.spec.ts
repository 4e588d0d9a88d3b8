import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issuesOf, schemasOf } from '../../../test/support/data-schemas.js';
import { ConfigurationError } from '../../config/index.js';
import { type UserStreamType } from '../../event-store/domain/index.js';

describe("the product's schemas", () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'user-schemas-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const file = (name: string, schema: unknown): void =>
    writeFileSync(join(directory, name), typeof schema === 'string' ? schema : JSON.stringify(schema));
  const requiring = (member: string): unknown => ({ type: 'object', required: [member] });
  const problems = (): readonly string[] => {
    try {
      schemasOf(directory);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.problems;
      throw error;
    }
    return [];
  };

  it('take precedence over built-in ones, by category before type, in the highest version', () => {
    file('profile.v1.json', requiring('first'));
    file('profile.v10.json', requiring('tenth'));
    file('profile.v9.json', requiring('ninth'));
    file('profile-work.v2.json', requiring('work'));
    file('.hidden', 'not JSON');
    const schemas = schemasOf(directory);
    expect(issuesOf(schemas, 'profile', {})).toEqual([{ path: 'data.tenth', problem: 'is missing' }]);
    expect(issuesOf(schemas, 'profile', {}, 'work')).toEqual([{ path: 'data.work', problem: 'is missing' }]);
    expect(issuesOf(schemas, 'profile', {}, 'private')).toEqual([{ path: 'data.tenth', problem: 'is missing' }]);
    expect(['profile', 'loans'].map((type) => schemas.nameFor(type as UserStreamType, 'default'))).toEqual([
      'profile@10',
      'loans@1',
    ]);
    expect(schemas.nameFor('profile', 'work')).toBe('profile-work@2');
    expect(schemas.describe().map(({ name, category, source, inUse }) => [name, category, source, inUse])).toEqual([
      ['profile@10', null, 'product', true],
      ['profile@9', null, 'product', false],
      ['profile@1', null, 'product', false],
      ['profile-work@2', 'work', 'product', true],
      ...['preferences', 'activity', 'loans', 'offers'].map((type) => [`${type}@1`, null, 'builtin', true]),
    ]);
    expect(schemas.describe()[0]?.schema).toEqual(requiring('tenth'));
  });

  it('keep the built-in one in the list when they replace it', () => {
    file('offers.v2.json', {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      ...(requiring('title') as object),
    });
    expect(
      schemasOf(directory)
        .describe()
        .filter(({ type }) => type === 'offers')
        .map(({ name, source, inUse }) => [name, source, inUse]),
    ).toEqual([
      ['offers@2', 'product', true],
      ['offers@1', 'builtin', false],
    ]);
  });

  it('support JSON Schema 2020-12, with a message for each issue', () => {
    file('profile.v1.json', {
      $id: 'https://product.example/profile',
      type: 'object',
      properties: {
        nickname: { type: ['string', 'null'], minLength: 2 },
        size: { type: 'number', exclusiveMinimum: 0, maximum: 10 },
        kind: { const: 'penguin' },
        id: { anyOf: [{ type: 'integer' }, { type: 'string', format: 'uuid' }] },
        list: { type: 'array', minItems: 1, prefixItems: [{ type: 'string' }], items: false },
        toString: { type: 'string' },
        tree: { $ref: '#/$defs/tree' },
      },
      $defs: {
        tree: { type: 'object', properties: { 'left/~': { $ref: '#/$defs/tree' } }, additionalProperties: false },
      },
      propertyNames: { maxLength: 10 },
      unevaluatedProperties: false,
    });
    file('profile-old.v1.json', {
      $id: 'https://product.example/profile',
      $ref: '#/$defs/a',
      $defs: { a: { type: 'object', dependentRequired: { a: ['b'] } } },
    });
    const schemas = schemasOf(directory);
    expect(
      issuesOf(schemas, 'profile', {
        nickname: null,
        size: 1,
        kind: 'penguin',
        id: 1,
        list: ['a'],
        tree: { 'left/~': {} },
      }),
    ).toBeUndefined();
    expect(issuesOf(schemas, 'profile', { a: 1 }, 'old')).toEqual([{ path: 'data.b', problem: 'is missing' }]);
    const issues = issuesOf(schemas, 'profile', {
      nickname: 'x',
      size: 0,
      kind: 'cat',
      id: true,
      list: [],
      tree: { 'left/~': { x: 1 } },
      y: 1,
      nicknam: 1,
      averylongname: 1,
    });
    expect(issues).toEqual(
      expect.arrayContaining([
        { path: 'data.nickname', problem: 'must have at least 2 characters' },
        { path: 'data.size', problem: 'must be greater than 0' },
        { path: 'data.kind', problem: 'must be "penguin"' },
        { path: 'data.id', problem: 'must be an integer' },
        { path: 'data.id', problem: 'does not match any of the allowed schemas' },
        { path: 'data.list', problem: 'must have at least 1 items' },
        { path: 'data.tree.left/~.x', problem: 'is not a known member; known are left/~' },
        { path: 'data.y', problem: 'is not a known member' },
        {
          path: 'data.nicknam',
          problem: "is not a known member; did you mean 'nickname'?",
        },
        { path: 'data.averylongname', problem: 'has a name that is not allowed' },
      ]),
    );
  });

  it.each([
    ['profile.v1.json', '{', /^profile\.v1\.json: .*JSON/],
    ['profile.v1.json', [], /^profile\.v1\.json: it must contain a JSON object with a JSON Schema$/],
    ['profile.v1.json', { type: 'objekt' }, /^profile\.v1\.json: schema is invalid: data\/type must be/],
    [
      'profile.v1.json',
      { type: 'object', propertys: {} },
      /^profile\.v1\.json: strict mode: unknown keyword: "propertys"$/,
    ],
    [
      'profile.v1.json',
      { type: 'object', properties: { a: { type: 'string', format: 'phone' } } },
      /^profile\.v1\.json: unknown format "phone"/,
    ],
    [
      'profile.v1.json',
      { type: 'object', properties: { a: { type: 'string', pattern: '(' } } },
      /^profile\.v1\.json: Invalid regular expression/,
    ],
    [
      'profile.v1.json',
      { $ref: 'https://elsewhere.example/schema' },
      /^profile\.v1\.json: can't resolve reference https:\/\/elsewhere\.example\/schema/,
    ],
    [
      'profile.v1.json',
      { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' },
      /^profile\.v1\.json: '\$schema' must be https:\/\/json-schema\.org\/draft\/2020-12\/schema$/,
    ],
    ['profile.v1.json', { $async: true, type: 'object' }, /^profile\.v1\.json: '\$async' is not supported$/],
    ['profile.json', {}, /^profile\.json: it must be named \{type\}\.v\{N\}\.json/],
    ['profile.v0.json', {}, /^profile\.v0\.json: it must be named/],
    ['README.md', 'x', /^README\.md: it must be named/],
    ['wallet.v1.json', {}, /^wallet\.v1\.json: 'wallet' is not a type of user stream; use one of profile, preferences/],
    [
      'profile-default.v1.json',
      {},
      /^profile-default\.v1\.json: the category 'default' must be omitted: name it profile\.v1\.json$/,
    ],
    ['profile-Work.v1.json', {}, /^profile-Work\.v1\.json: 'Work' is not a valid category/],
  ])('stop the start if %s contains %j', (name, schema, problem) => {
    file(name, schema);
    file('loans.v1.json', requiring('x'));
    const [first = '', ...others] = problems();
    expect(others).toEqual([]);
    expect(first.startsWith(`USER_SCHEMAS_DIR is '${directory}'; `)).toBe(true);
    expect(first.slice(`USER_SCHEMAS_DIR is '${directory}'; `.length)).toMatch(problem);
  });

  it('stop the start if their directory is missing, and report every invalid file', () => {
    file('a.json', {});
    file('b.json', {});
    expect(problems()).toHaveLength(2);
    expect(() => schemasOf('/nowhere')).toThrow(
      /USER_SCHEMAS_DIR is '\/nowhere'; the directory cannot be read: ENOENT/,
    );
  });
});
