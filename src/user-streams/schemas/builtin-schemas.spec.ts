import fc from 'fast-check';
import { issuesOf, rejectionOf, schemasOf } from '../../../test/support/data-schemas.js';
import { USER_STREAM_TYPES, type UserStreamType } from '../../event-store/domain/index.js';
import { type UserData } from '../domain/index.js';
import { BUILTIN_SCHEMAS } from './builtin-schemas.js';
import { SchemaCompiler } from './schema-compiler.js';

describe('the built-in schemas', () => {
  const schemas = schemasOf();

  it.each(USER_STREAM_TYPES)('of %s is a JSON Schema that describes each of its members', (type) => {
    expect(() => new SchemaCompiler().check(BUILTIN_SCHEMAS[type])).not.toThrow();
    const { properties } = BUILTIN_SCHEMAS[type] as { properties: Record<string, { description?: string }> };
    for (const [name, { description }] of Object.entries(properties))
      expect({ name, described: description !== undefined && description !== '' }).toEqual({ name, described: true });
  });

  it.each<[UserStreamType, UserData]>([
    [
      'profile',
      {
        displayName: 'Alice',
        email: 'alice@example.com',
        avatarUrl: 'https://example.com/a.png',
        bio: '🐧',
        language: 'pt-BR',
        timezone: 'Europe/Zurich',
        birthDate: '1990-04-25',
        constructor: 1,
      },
    ],
    [
      'preferences',
      { theme: 'dark', language: 'en', notifications: { email: true, push: false, sms: true, pigeon: 'often' } },
    ],
    ['activity', { action: 'pool.joined', at: '2026-11-24T02:00:00.000+01:00', details: { pool: 7 } }],
    [
      'loans',
      {
        amount: 12.5,
        currency: 'CHF',
        status: 'active',
        dueAt: '2026-12-01T00:00:00Z',
        items: [{ name: 'skis', quantity: 2 }],
      },
    ],
    [
      'offers',
      {
        title: 'Skis',
        price: 0,
        currency: 'CHF',
        validUntil: '2026-12-01T00:00:00Z',
        imageUrls: ['https://example.com/skis.png'],
      },
    ],
  ])('of %s accept their members and additional ones', (type, data) => {
    expect(issuesOf(schemas, type, data)).toBeUndefined();
    expect(issuesOf(schemas, type, {})).toBeUndefined();
    expect(issuesOf(schemas, type, { own: [{ member: null }] })).toBeUndefined();
  });

  it.each<[UserStreamType, UserData, string, string]>([
    ['profile', { email: 'alice' }, 'data.email', 'must be an e-mail address such as alice@example.com'],
    ['profile', { displayName: 7 }, 'data.displayName', 'must be a string'],
    ['profile', { displayName: 'x'.repeat(201) }, 'data.displayName', 'must have at most 200 characters'],
    [
      'profile',
      { avatarUrl: '/a.png' },
      'data.avatarUrl',
      'must be an absolute URI such as https://example.com/picture.png',
    ],
    ['profile', { birthDate: '2026-02-30' }, 'data.birthDate', 'must be a date such as 2026-04-25'],
    [
      'profile',
      { language: 'English!' },
      'data.language',
      'must match the pattern ^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$',
    ],
    ['preferences', { theme: 'pink' }, 'data.theme', 'must be one of light, dark, system'],
    ['preferences', { notifications: { email: 'yes' } }, 'data.notifications.email', 'must be true or false'],
    ['preferences', { notifications: [] }, 'data.notifications', 'must be an object'],
    ['activity', { at: 'yesterday' }, 'data.at', 'must be a timestamp such as 2026-04-25T08:30:00Z'],
    ['loans', { items: [{}, { quantity: 1.5 }] }, 'data.items.1.quantity', 'must be an integer'],
    ['loans', { amount: -1 }, 'data.amount', 'must be at least 0'],
    ['offers', { imageUrls: 'x' }, 'data.imageUrls', 'must be an array'],
  ])('of %s reject %j', (type, data, path, problem) => {
    expect(issuesOf(schemas, type, data)).toEqual([{ path, problem }]);
  });

  it('report all issues by their path in the request, and the name of the schema', () => {
    const error = rejectionOf(schemas, 'profile', { email: 1, bio: 2 }, 'work', 'events.3');
    expect(error?.details).toEqual({
      schema: 'profile@1',
      mistakes: [
        { path: 'events.3.data.email', problem: 'must be a string' },
        { path: 'events.3.data.bio', problem: 'must be a string' },
      ],
    });
    expect(error?.message).toBe(
      "The data do not match the schema 'profile@1': events.3.data.email: must be a string; events.3.data.bio: must be a string",
    );
  });

  it('report at most twenty issues, and only the first of large data', () => {
    expect(issuesOf(schemas, 'offers', { imageUrls: Array.from({ length: 900 }, () => 1) })).toHaveLength(20);
    expect(
      issuesOf(schemas, 'offers', {
        imageUrls: Array.from({ length: 900 }, () => 1),
        more: Array.from({ length: 20_000 }, () => 1),
      }),
    ).toHaveLength(1);
  });

  it('accept or reject any data without changing them', () => {
    const name = fc.oneof(
      fc.constantFrom(
        'email',
        'items',
        'notifications',
        'at',
        'amount',
        'details',
        'language',
        'timezone',
        'constructor',
        'toString',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...USER_STREAM_TYPES), fc.dictionary(name, fc.jsonValue()), (type, data) => {
        const before = JSON.stringify(data);
        rejectionOf(schemas, type, data);
        expect(JSON.stringify(data)).toBe(before);
      }),
    );
  });

  it.each(['a', '-', 'a-', 'a/', 'a@', 'http://a/', '%41', '/', '1', '2026-04-25T', '🐧'])(
    'validate a megabyte of %j in under two seconds',
    (piece) => {
      const long = piece.repeat(1_000_000 / piece.length);
      const members = Object.values(BUILTIN_SCHEMAS).flatMap(({ properties }) => Object.keys(properties as object));
      const data = Object.fromEntries(members.map((member) => [member, `${long}!`]));
      schemas.check('profile', 'default', {});
      const start = performance.now();
      for (const type of USER_STREAM_TYPES) rejectionOf(schemas, type, data);
      expect(performance.now() - start).toBeLessThan(2_000);
    },
  );
});
