import { type ArgumentMetadata } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import { ValidationError } from '../../event-store/domain/index.js';
import { IsQueryInteger, JsonObject, OptionalJsonObject } from './property-decorators.js';
import { RequestValidationPipe } from './request-validation.pipe.js';

const documentation = { description: 'anything', example: {} };

class Place {
  @IsString()
  readonly town: string;

  @OptionalJsonObject(documentation)
  readonly extra?: Readonly<Record<string, unknown>>;
}

class Entry {
  @JsonObject(documentation)
  readonly data: Readonly<Record<string, unknown>>;
}

class Base {
  @IsOptional()
  @IsInt()
  @Transform(({ value }: { value: unknown }) => (value === 'seven' ? 7 : value))
  readonly count?: number;
}

class Order extends Base {
  @JsonObject(documentation)
  readonly data: Readonly<Record<string, unknown>>;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(3)
  @ValidateNested({ each: true })
  @Type(() => Entry)
  readonly events?: readonly Entry[];

  @IsOptional()
  @ValidateNested()
  @Type(() => Place)
  readonly place?: Place;

  @IsOptional()
  @IsString({ each: true })
  readonly tags?: readonly string[];
}

class Page {
  @IsQueryInteger(1, 50)
  readonly limit: number = 50;
}

class Entries {
  @ValidateNested({ each: true })
  @Type(() => Entry)
  readonly entries: readonly Entry[];
}

class WithoutType {
  @ValidateNested()
  readonly inner: Place;
}

const pipe = new RequestValidationPipe();
const pass = async (
  body: unknown,
  metatype: ArgumentMetadata['metatype'] = Order,
  type: ArgumentMetadata['type'] = 'body',
): Promise<unknown> => pipe.transform(body, { type, metatype });

async function issuesOf(
  body: unknown,
  metatype: ArgumentMetadata['metatype'] = Order,
  type: ArgumentMetadata['type'] = 'body',
): Promise<unknown> {
  const error: unknown = await pass(body, metatype, type).catch((thrown: unknown) => thrown);
  if (error instanceof ValidationError) return error.details?.mistakes;
  throw new Error('A ValidationError was expected', { cause: error });
}

/** Names with a meaning in JavaScript, class-transformer or Nest. */
const reservedName = fc.constantFrom(
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
  'toJSON',
  'length',
  '0',
);
const jsonObject = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ min: -1e15, max: 1e15, noNaN: true }),
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.oneof(
      reservedName,
      fc.string({ unit: 'binary', maxLength: 4 }).filter((name) => name !== '__proto__'),
    ),
    tie('value'),
    { maxKeys: 5, noNullPrototype: true },
  ),
})).object;

describe('free-form JSON in a DTO', () => {
  it('reaches the controller as the parsed object itself', async () => {
    const body = JSON.parse(
      '{"data":{"constructor":1,"then":{"toString":null},"deep":[[{"prototype":{}}]]},' +
        '"events":[{"data":{"constructor":{"a":1}}},{"data":{}}],"place":{"town":"Basel","extra":{"constructor":[]}}}',
    ) as Order;
    const text = JSON.stringify(body);
    const transformed = (await pass(body)) as Order;
    expect(transformed).toBeInstanceOf(Order);
    expect(transformed.events?.[1]).toBeInstanceOf(Entry);
    expect(transformed.place).toBeInstanceOf(Place);
    expect(transformed.data).toBe(body.data);
    expect(transformed.events?.[0]?.data).toBe(body.events?.[0]?.data);
    expect(transformed.place?.extra).toBe(body.place?.extra);
    expect(JSON.stringify(body)).toBe(text);
  });

  it('passes unchanged for all I-JSON', async () => {
    await fc.assert(
      fc.asyncProperty(jsonObject, jsonObject, async (data, other) => {
        const text = JSON.stringify({ data, events: [{ data: other }] });
        expect(JSON.stringify(await pass(JSON.parse(text)))).toBe(text);
      }),
    );
  });

  it.each([
    [[], 'must be a JSON object, got an array'],
    [null, 'must be a JSON object, got null'],
    ['{}', 'must be a JSON object, got a string'],
    [7, 'must be a JSON object, got a number'],
    [false, 'must be a JSON object, got a boolean'],
    [undefined, 'must be a JSON object, but is missing'],
  ])('rejects %j', async (data, problem) => {
    expect(await issuesOf({ data, events: [{ data: {} }, { data }] })).toEqual([
      { path: 'data', problem },
      { path: 'events.1.data', problem },
    ]);
  });

  it('may be omitted where the DTO allows it, but rejects null', async () => {
    expect(await pass({ data: {}, place: { town: 'Basel' } })).toEqual({ data: {}, place: { town: 'Basel' } });
    expect(await issuesOf({ data: {}, place: { town: 'Basel', extra: null } })).toEqual([
      { path: 'place.extra', problem: 'must be a JSON object, got null' },
    ]);
  });
});

const KNOWN = 'known are data, events, place, tags, count';

describe('a DTO', () => {
  it.each([
    ['{"data":{},"colour":"red"}', 'colour', `is not a known member; ${KNOWN}`],
    ['{"data":{},"tag":[]}', 'tag', `is not a known member; did you mean 'tags'? ${KNOWN.replace('k', 'K')}`],
    ['{"data":{},"constructor":{}}', 'constructor', `is not a known member; ${KNOWN}`],
    ['{"data":{},"prototype":1}', 'prototype', `is not a known member; ${KNOWN}`],
    [
      '{"data":{},"events":[{"data":{},"constructor":5}]}',
      'events.0.constructor',
      'is not a known member; known are data',
    ],
    [
      '{"data":{},"place":{"town":"Basel","extra":{},"x":{"constructor":5}}}',
      'place.x',
      'is not a known member; known are town, extra',
    ],
    ['{"data":{},"events":{"data":{}}}', 'events', 'must be an array of objects'],
    ['{"data":{},"events":[[{"data":{}}]]}', 'events.0', 'must be an object'],
    ['{"data":{},"events":[null]}', 'events.0', 'must be an object'],
    ['{"data":{},"place":[{"town":"Basel"}]}', 'place', 'must be an object'],
    ['{"data":{},"place":"Basel"}', 'place', 'must be an object'],
    ['{"data":{},"tags":["a",{"constructor":5}]}', 'tags', 'each value in tags must be a string'],
    ['{"data":{},"count":{"constructor":5}}', 'count', 'count must be an integer number'],
    [
      '{"data":{},"events":[{"data":{}},{"data":{}},{"data":{}},{"data":{}}]}',
      'events',
      'events must contain no more than 3 elements',
    ],
    ['[]', 'body', 'must be an object'],
  ])('rejects %s', async (text, path, problem) => {
    expect(await issuesOf(JSON.parse(text))).toEqual([{ path, problem }]);
  });

  it('converts values as its decorators declare', async () => {
    expect(await pass({ limit: '7' }, Page, 'query')).toEqual({ limit: 7 });
    expect(await pass({}, Page, 'query')).toEqual({ limit: 50 });
    expect(await pass({ data: {}, count: 'seven', tags: ['a'] })).toEqual({ data: {}, count: 7, tags: ['a'] });
    expect(await issuesOf({ limit: ['1', '2'] }, Page, 'query')).toEqual([
      { path: 'limit', problem: 'must be an integer from 1 to 50, got 2 values' },
    ]);
  });

  it.each([
    ['abc', "got 'abc'"],
    ['', "got ''"],
    ['1e1', "got '1e1'"],
    ['0x10', "got '0x10'"],
    [' 7', "got ' 7'"],
    ['1.5', "got '1.5'"],
    ['0', 'got 0'],
    ['51', 'got 51'],
    ['9'.repeat(100), `got '${'9'.repeat(39)}…'`],
  ])('has one message for the integer %j of a query', async (limit, given) => {
    expect(await issuesOf({ limit }, Page, 'query')).toEqual([
      { path: 'limit', problem: `must be an integer from 1 to 50, ${given}` },
    ]);
  });

  it('names the known query parameters for one that it does not know', async () => {
    expect(await issuesOf({ limt: '7' }, Page, 'query')).toEqual([
      { path: 'limt', problem: "is not a known query parameter; did you mean 'limit'? Known are limit" },
    ]);
  });

  it('says to put members that are not its own into the free-form object that is missing', async () => {
    const problem = `must be a member of 'data', not of this object: send {"data":{…}} around your own members`;
    expect(await issuesOf({ displayName: 'A', email: 'a@example.com' })).toEqual([
      { path: 'displayName', problem },
      { path: 'email', problem },
    ]);
    expect(await issuesOf({ data: {}, events: [{ displayName: 'A' }] })).toEqual([
      { path: 'events.0.displayName', problem },
    ]);
  });

  it('validates a missing body like an empty one', async () => {
    expect(await issuesOf(undefined)).toEqual([{ path: 'data', problem: 'must be a JSON object, but is missing' }]);
  });

  it('without @Type for a nested property throws an internal error, not a ValidationError', async () => {
    await expect(pass({ inner: {} }, WithoutType)).rejects.toThrow(
      'WithoutType.inner has @ValidateNested, but no @Type',
    );
  });

  it('reports at most twenty issues', async () => {
    const body: unknown = JSON.parse(
      `{"data":{},${Array.from({ length: 100 }, (_, index) => `"k${index}":0`).join(',')}}`,
    );
    expect(await issuesOf(body)).toHaveLength(20);
    expect(await issuesOf({ entries: Array.from({ length: 100 }, () => ({})) }, Entries)).toHaveLength(20);
  });

  it('throws nothing but ValidationError on random input', async () => {
    const input = fc.oneof(
      jsonObject,
      fc.json({ stringUnit: 'binary' }).map((text): unknown => JSON.parse(text)),
      fc.record(
        {
          data: fc.jsonValue(),
          events: fc.jsonValue(),
          place: fc.jsonValue(),
          tags: fc.jsonValue(),
          count: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
      fc.record({
        data: jsonObject,
        events: fc.array(fc.record({ data: fc.oneof(jsonObject, fc.jsonValue()) })),
        place: jsonObject,
      }),
    );
    await fc.assert(
      fc.asyncProperty(input, fc.constantFrom(Order, Page, Object), async (body, metatype) => {
        const error: unknown = await pass(body, metatype).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        expect(error === undefined || error instanceof ValidationError).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    [
      'a hundred thousand unknown names',
      `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":0`).join(',')}}`,
    ],
    [
      'a hundred thousand names in place of an integer',
      `{"data":{},"count":{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":0`).join(',')}}}`,
    ],
    ['half a million entries', `{"data":{},"events":[${'{},'.repeat(500_000)}{}]}`],
    ['a million nested arrays', `{"data":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`],
  ])('rejects %s in less than 500 ms', async (_, text) => {
    const body: unknown = JSON.parse(text);
    const start = performance.now();
    await issuesOf(body);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('a body without a DTO', () => {
  it('is validated against I-JSON too', async () => {
    expect(await issuesOf(JSON.parse('{"a":[1e400]}'), Object)).toEqual([
      { path: 'a.0', problem: 'is a number that cannot be stored exactly; send it as a string' },
    ]);
    const body = { constructor: { prototype: 1 } };
    expect(await pass(body, Object)).toBe(body);
  });
});
