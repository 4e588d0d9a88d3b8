import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { type RawRequest } from './api-caller.js';
import { anyText, dataText, jsonText, memberName, nested, objectText } from './odd-json.js';

/** Malformed and hostile requests, as raw strings, so that JSON may contain what JavaScript values cannot. */

const oneOf = (...texts: readonly unknown[]): fc.Arbitrary<string> =>
  fc.constantFrom(...texts.map((text) => JSON.stringify(text)));

/** A member that is mostly valid, sometimes arbitrary, sometimes missing. */
const member = (name: string, valid: fc.Arbitrary<string>): fc.Arbitrary<readonly (readonly [string, string])[]> =>
  fc.oneof(
    { weight: 24, arbitrary: valid.map((text) => [[name, text] as const]) },
    { weight: 1, arbitrary: jsonText.map((text) => [[name, text] as const]) },
    { weight: 2, arbitrary: fc.constant([]) },
  );
const unknownMember = fc.oneof(
  { weight: 20, arbitrary: fc.constant([]) },
  fc.tuple(memberName, nested).map((pair) => [pair]),
);
const dto = (...members: readonly fc.Arbitrary<readonly (readonly [string, string])[]>[]): fc.Arbitrary<string> =>
  fc.tuple(...members, unknownMember).map((all) => objectText(all.flat()));

const data = member('data', dataText);
const type = oneOf('profile', 'activity', 'offers', 'loans', 'preferences');
const category = oneOf('default', 'one', 'two', 'three');
const names = (...texts: readonly string[]): fc.Arbitrary<string> =>
  fc.uniqueArray(fc.constantFrom(...texts), { maxLength: 3 }).map((list) => JSON.stringify(list));
const tags = member('tags', names('work', 'Häuser', 'a/b', '日本', 'x'.repeat(64)));
const description = member(
  'description',
  anyText.map((text) => JSON.stringify(text)),
);
const grantees = names('fuzz', 'bob', 'key:a-service', 'admin', '__proto__', '*');
const listOf = (entry: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(entry, { minLength: 1, maxLength: 3 }).map((entries) => `[${entries.join()}]`);

/** Bodies of the routes that accept one. */
const BODIES = {
  create: dto(
    member('type', type),
    member('category', category),
    member('visibility', oneOf('private', 'public')),
    description,
    tags,
    data,
  ),
  write: dto(data),
  events: dto(member('events', listOf(dto(data)))),
  batch: dto(
    member(
      'writes',
      listOf(
        dto(member('type', type), member('category', category), data, member('expectedRevision', oneOf('0', 0, 1, 99))),
      ),
    ),
  ),
  details: dto(
    description,
    tags,
    member('visibility', oneOf('private', 'public')),
    member('permissions', dto(member('read', grantees), member('write', grantees), member('admin', grantees))),
  ),
  none: fc.constant(''),
} as const;

const STREAM = '{type}/{category}';
/** Every route that writes, and the kind of its body. */
const WRITES: readonly (readonly [method: string, path: string, body: keyof typeof BODIES])[] = [
  ['POST', '', 'create'],
  ['POST', '/batch', 'batch'],
  ['PUT', '/{type}', 'write'],
  ['PUT', `/${STREAM}`, 'write'],
  ['PATCH', '/{type}', 'write'],
  ['PATCH', `/${STREAM}`, 'write'],
  ['DELETE', '/{type}', 'none'],
  ['DELETE', `/${STREAM}`, 'none'],
  ['POST', `/${STREAM}/events`, 'events'],
  ['PATCH', `/${STREAM}/metadata`, 'details'],
  ['POST', `/${STREAM}/restore`, 'none'],
];
/** Every route that reads. */
const READS = ['', '/{type}', `/${STREAM}`, `/${STREAM}/history`, `/${STREAM}/metadata`, `/${STREAM}/feed`];

/** Percent-encoded segments, also invalid Unicode and UTF-8. */
const ODD_SEGMENTS = [
  '%00',
  '..',
  '%2e%2e',
  '%2F',
  '%',
  '%E0%A4%A',
  '%ED%A0%80',
  '%F0%9F%90%A7',
  'a-profile',
  'a-profile-b',
  '__proto__',
  'constructor',
  'x'.repeat(1_000),
  'default',
  '-',
  '.',
  'system',
  '*',
  '$all',
  '%20',
  'A',
  ';a=b',
  'null',
];
const segment = (usual: fc.Arbitrary<string>, weight: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight, arbitrary: usual },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_SEGMENTS) },
    {
      weight: 1,
      arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 9 }).map((text) => encodeURIComponent(text)),
    },
  );
const pathOf = (template: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      segment(fc.constant('fuzz'), 30),
      segment(
        type.map((text) => JSON.parse(text) as string),
        30,
      ),
      segment(
        category.map((text) => JSON.parse(text) as string),
        30,
      ),
    )
    .map(
      ([userId, kind, name]) =>
        `/api/users/${userId}/streams${template.replace('{type}', kind).replace('{category}', name)}`,
    );

let keys = 0;
const ODD_HEADERS: Readonly<Record<string, readonly string[]>> = {
  'if-match': [
    '*',
    '"0"',
    'W/"1"',
    '3',
    '"-1"',
    '"99999999999999999999"',
    'abc',
    '"1","2"',
    '',
    '\u00ff',
    '"9223372036854775807"',
  ],
  'if-none-match': ['*', '"1"', '', 'x', '*, *'],
  'idempotency-key': ['', ' a b ', 'x'.repeat(256), '\u00e9', 'a\tb', 'NEW', '__proto__NEW'],
  'last-event-id': ['', '-1', '0', '9'.repeat(18), '9'.repeat(30), 'abc', '1.5', '__proto__'],
  'content-type': [
    '',
    'text/plain',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    'application/merge-patch+json',
    'multipart/form-data',
    'application/json,text/plain',
    ';',
    'APPLICATION/JSON',
  ],
  'content-encoding': ['gzip', 'br', 'identity', 'rot13', '', 'gzip, gzip'],
  'x-request-id': ['', 'x'.repeat(200), '\u00ff'],
  'accept-encoding': ['br', '*;q=0', '\u00ff'],
  expect: ['100-continue'],
};
const oddHeader = fc
  .constantFrom(...Object.keys(ODD_HEADERS))
  .chain((name) =>
    fc.constantFrom(...(ODD_HEADERS[name] ?? [])).map((value): readonly [string, string] => [name, value]),
  );
const headers = fc
  .oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.array(oddHeader, { maxLength: 2 }))
  .map((pairs) => Object.fromEntries(pairs.map(([name, value]) => [name, value.replace('NEW', `${keys++}`)])));

/** A request to any of the routes that write. */
export const oddWrite: fc.Arbitrary<RawRequest> = fc.constantFrom(...WRITES).chain(([method, template, kind]) =>
  fc.record({
    method: fc.constant(method),
    path: pathOf(template),
    headers: headers.map((odd) => (kind === 'none' ? odd : { 'content-type': 'application/json', ...odd })),
    body: fc.oneof(
      { weight: 24, arbitrary: BODIES[kind] },
      { weight: 1, arbitrary: jsonText },
      {
        weight: 1,
        arbitrary: fc.tuple(BODIES[kind], fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1))),
      },
      { weight: 1, arbitrary: BODIES[kind].map((text) => `\ufeff${text}`) },
      { weight: 1, arbitrary: BODIES[kind].map((text) => gzipSync(text)) },
    ),
  }),
);

const PARAMETERS = [
  'limit',
  'from',
  'direction',
  'revision',
  'at',
  'after',
  'tag',
  'type',
  'category',
  'visibility',
  'status',
  '__proto__',
  'constructor',
  'limit[a]',
  'from[]',
  'x',
];
const VALUES = [
  '',
  '0',
  '1',
  '-1',
  '1e3',
  '0x10',
  '999999999999999999',
  '9'.repeat(40),
  '1.5',
  'NaN',
  'profile',
  'public',
  'deleted',
  'backwards',
  'user-fuzz-profile',
  'user-bob-profile',
  '2026-11-24T12:00:00Z',
  '2026-W01T00:00:00Z',
  '20261124T12Z',
  '2026-02-30T00:00:00Z',
  '2026-11-24T12:00:00+00:00',
  '-271821-04-20T00:00:00Z',
  '%00',
  '%ED%A0%80',
  '%',
  'x'.repeat(3_000),
];
const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(...PARAMETERS),
      fc.oneof(
        fc.constantFrom(...VALUES),
        fc.string({ unit: 'grapheme', maxLength: 9 }).map((text) => encodeURIComponent(text)),
      ),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`));

/** A request to any of the routes that read. */
export const oddRead: fc.Arbitrary<RawRequest> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'OPTIONS'),
  path: fc
    .tuple(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...READS).chain(pathOf) },
        {
          weight: 1,
          arbitrary: segment(fc.constantFrom('user-fuzz-profile', 'user-fuzz-activity-one'), 3).map(
            (name) => `/api/streams/${name}/events`,
          ),
        },
      ),
      query,
    )
    .map(([path, suffix]) => `${path}${suffix}`),
  headers,
});
