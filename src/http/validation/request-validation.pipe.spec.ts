import { type ArgumentMetadata } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import { ValidationError } from '../../event-store/domain/index.js';
import { JsonObject, OptionalJsonObject } from './json-object.js';
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
  @Type(() => Number)
  @IsInt()
  readonly limit: number = 100;
}

class Forgotten {
  @ValidateNested()
  readonly inner: Place;
}

const pipe = new RequestValidationPipe();
const pass = async (
  body: unknown,
  metatype: ArgumentMetadata['metatype'] = Order,
  type: ArgumentMetadata['type'] = 'body',
): Promise<unknown> => pipe.transform(body, { type, metatype });

async function mistakesOf(
  body: unknown,
  metatype: ArgumentMetadata['metatype'] = Order,
  type: ArgumentMetadata['type'] = 'body',
): Promise<unknown> {
  const error: unknown = await pass(body, metatype, type).catch((thrown: unknown) => thrown);
  if (error instanceof ValidationError) return error.details?.mistakes;
  throw new Error('A ValidationError was expected', { cause: error });
}

/** Names that mean something to JavaScript, to class-transformer, or to Nest. */
const dangerousName = fc.constantFrom(
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
      dangerousName,
      fc.string({ unit: 'binary', maxLength: 4 }).filter((name) => name !== '__proto__'),
    ),
    tie('value'),
    { maxKeys: 5, noNullPrototype: true },
  ),
})).object;

describe('free-form JSON in a DTO', () => {
  it('reaches the controller as the very object that was parsed', async () => {
    const body = JSON.parse(
      '{"data":{"constructor":1,"then":{"toString":null},"deep":[[{"prototype":{}}]]},"events":[{"data":{"constructor":{"a":1}}},{"data":{}}],"place":{"town":"Basel","extra":{"constructor":[]}}}',
    ) as Order;
    const text = JSON.stringify(body);
    const made = (await pass(body)) as Order;
    expect(made).toBeInstanceOf(Order);
    expect(made.events?.[1]).toBeInstanceOf(Entry);
    expect(made.place).toBeInstanceOf(Place);
    expect(made.data).toBe(body.data);
    expect(made.events?.[0]?.data).toBe(body.events?.[0]?.data);
    expect(made.place?.extra).toBe(body.place?.extra);
    expect(JSON.stringify(body)).toBe(text);
  });

  it('passes unchanged, whatever I-JSON it is', async () => {
    await fc.assert(
      fc.asyncProperty(jsonObject, jsonObject, async (data, other) => {
        const text = JSON.stringify({ data, events: [{ data: other }] });
        expect(JSON.stringify(await pass(JSON.parse(text)))).toBe(text);
      }),
    );
  });

  it.each([
    [[], 'must be a JSON object, not a list'],
    [null, 'must be a JSON object, not null'],
    ['{}', 'must be a JSON object, not a text'],
    [7, 'must be a JSON object, not a number'],
    [false, 'must be a JSON object, not true or false'],
    [undefined, 'must be a JSON object; it is missing'],
  ])('cannot be %j', async (data, problem) => {
    expect(await mistakesOf({ data, events: [{ data: {} }, { data }] })).toEqual([
      { path: 'data', problem },
      { path: 'events.1.data', problem },
    ]);
  });

  it('may be left out where the DTO says so, but not be null', async () => {
    expect(await pass({ data: {}, place: { town: 'Basel' } })).toEqual({ data: {}, place: { town: 'Basel' } });
    expect(await mistakesOf({ data: {}, place: { town: 'Basel', extra: null } })).toEqual([
      { path: 'place.extra', problem: 'must be a JSON object, not null' },
    ]);
  });
});

describe('a DTO', () => {
  it.each([
    ['{"data":{},"colour":"red"}', 'colour', 'should not exist'],
    ['{"data":{},"constructor":{}}', 'constructor', 'should not exist'],
    ['{"data":{},"prototype":1}', 'prototype', 'should not exist'],
    ['{"data":{},"events":[{"data":{},"constructor":5}]}', 'events.0.constructor', 'should not exist'],
    ['{"data":{},"place":{"town":"Basel","x":{"constructor":5}}}', 'place.x', 'should not exist'],
    ['{"data":{},"events":{"data":{}}}', 'events', 'must be a list of objects'],
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
  ])('refuses %s', async (text, path, problem) => {
    expect(await mistakesOf(JSON.parse(text))).toEqual([{ path, problem }]);
  });

  it('converts what its decorators say', async () => {
    expect(await pass({ limit: '7' }, Page, 'query')).toEqual({ limit: 7 });
    expect(await pass({}, Page, 'query')).toEqual({ limit: 100 });
    expect(await pass({ data: {}, count: 'seven', tags: ['a'] })).toEqual({ data: {}, count: 7, tags: ['a'] });
    expect(await mistakesOf({ limit: ['1', '2'] }, Page, 'query')).toEqual([
      { path: 'limit', problem: 'limit must be an integer number' },
    ]);
  });

  it('demands of a missing body what it demands of an empty one', async () => {
    expect(await mistakesOf(undefined)).toEqual([{ path: 'data', problem: 'must be a JSON object; it is missing' }]);
  });

  it('that could not be validated is a fault of the service, not of the request', async () => {
    await expect(pass({ inner: {} }, Forgotten)).rejects.toThrow(
      'Forgotten.inner has @ValidateNested, but no @Type that says what it holds',
    );
  });

  it('tells of at most twenty mistakes', async () => {
    const body: unknown = JSON.parse(
      `{"data":{},${Array.from({ length: 100 }, (_, index) => `"k${index}":0`).join(',')}}`,
    );
    expect(await mistakesOf(body)).toHaveLength(20);
    expect(await mistakesOf({ data: {}, events: Array.from({ length: 100 }, () => ({})) })).toHaveLength(20);
  });

  it('never fails on garbage with anything but a ValidationError', async () => {
    const garbage = fc.oneof(
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
      fc.asyncProperty(garbage, fc.constantFrom(Order, Page, Object), async (body, metatype) => {
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
      'a hundred thousand names where a text is due',
      `{"data":{},"count":{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":0`).join(',')}}}`,
    ],
    ['half a million entries', `{"data":{},"events":[${'{},'.repeat(500_000)}{}]}`],
    ['a million lists in each other', `{"data":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`],
  ])('refuses %s in little time', async (_, text) => {
    const body: unknown = JSON.parse(text);
    const start = performance.now();
    await mistakesOf(body);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('a body without a DTO', () => {
  it('is held to I-JSON too', async () => {
    expect(await mistakesOf(JSON.parse('{"a":[1e400]}'), Object)).toEqual([
      { path: 'a.0', problem: 'is a number that cannot be kept exactly; send it as text' },
    ]);
    const body = { constructor: { prototype: 1 } };
    expect(await pass(body, Object)).toBe(body);
  });
});
