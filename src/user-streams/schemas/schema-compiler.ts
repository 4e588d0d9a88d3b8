import type * as Formats from 'ajv-formats';
import type * as Ajv from 'ajv/dist/2020.js';
import { createRequire } from 'node:module';
import { type ObjectSchema } from './builtin-schemas.js';

/** @returns what is wrong with the data; empty: nothing */
export type DataValidator = (data: unknown) => readonly Ajv.ErrorObject[];

const SCHEMA_2020_12 = /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;

/** Of the formats that ajv-formats has, those of JSON Schema itself; none of them takes long on a long text, unlike its `url`. */
const FORMATS = [
  'date',
  'time',
  'date-time',
  'duration',
  'uri',
  'uri-reference',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
  'regex',
  'json-pointer',
  'relative-json-pointer',
] as const;

/** Data with more values than this are told their first mistake only: looking for all could find as many as there are values. */
const MAX_VALUES = 10_000;

/**
 * KeyedMutex JSON Schemas (2020-12) into code. Ajv is loaded at the first use: that takes some 50 ms and 15 MB, which a service that nobody writes
 * to need not spend.
 */
export class SchemaCompiler {
  #first: Ajv.Ajv2020 | undefined;
  #all: Ajv.Ajv2020 | undefined;

  /** @throws Error that says what is wrong with the schema */
  check(schema: ObjectSchema): void {
    const { $schema: dialect } = schema;
    if (dialect !== undefined && !(typeof dialect === 'string' && SCHEMA_2020_12.test(dialect)))
      throw new Error("'$schema' must be https://json-schema.org/draft/2020-12/schema");
    // An asynchronous validator answers with a promise, which would pass for a yes.
    if ('$async' in schema) throw new Error("'$async' is not supported");
    this.#first ??= load(false);
    void this.#first.validateSchema(schema, true);
    this.#first.compile(schema);
  }

  /** @param schema one that has passed {@link check} */
  compile(schema: ObjectSchema): DataValidator {
    const first = (this.#first ??= load(false)).compile(schema);
    let all: Ajv.ValidateFunction | undefined;
    return (data) => {
      if (first(data)) return [];
      if (isLarge(data)) return first.errors ?? [];
      all ??= (this.#all ??= load(true)).compile(schema);
      void all(data);
      return all.errors ?? [];
    };
  }
}

function load(allErrors: boolean): Ajv.Ajv2020 {
  const require = createRequire(import.meta.url);
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof Ajv;
  const { default: addFormats } = require('ajv-formats') as typeof Formats;
  const ajv = new Ajv2020({
    allErrors,
    strict: true,
    // A schema may demand members that it does not describe, and allow several types at once.
    strictRequired: false,
    allowUnionTypes: true,
    // `toString` is a member of data only where the data have it.
    ownProperties: true,
    // Versions of a schema may share their `$id`.
    addUsedSchema: false,
    // Ours are held against the meta-schema by a test, the product's by `check`.
    validateSchema: false,
    logger: false,
  });
  addFormats.default(ajv, { mode: 'full', formats: [...FORMATS] });
  return ajv;
}

/** Counts no further than it must. */
function isLarge(data: unknown): boolean {
  const open: unknown[] = [data];
  for (let values = 0; open.length > 0; values++) {
    if (values + open.length > MAX_VALUES) return true;
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    const members: readonly unknown[] = Object.values(value);
    if (values + open.length + members.length > MAX_VALUES) return true;
    open.push(...members);
  }
  return false;
}
