import type * as Formats from 'ajv-formats';
import type * as Ajv from 'ajv/dist/2020.js';
import { createRequire } from 'node:module';
import { type ObjectSchema } from './builtin-schemas.js';

/** @returns the errors of the data; empty for valid data */
export type DataValidator = (data: unknown) => readonly Ajv.ErrorObject[];

const SCHEMA_2020_12 = /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;

/** The formats of ajv-formats that JSON Schema defines; all are fast on long strings, unlike `url`. */
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

/** For data with more values, validation stops at the first error, because there could be as many errors as values. */
const MAX_VALUES = 10_000;

/**
 * Compiles JSON Schemas (2020-12) to validators. Ajv takes some 50 ms to load: it is loaded in the background, after
 * the start, unless the product has schemas of its own.
 */
export class SchemaCompiler {
  #first: Ajv.Ajv2020 | undefined;
  #all: Ajv.Ajv2020 | undefined;

  /** Loads Ajv. */
  load(): void {
    this.#first ??= load(false);
  }

  /** @throws Error that describes the problem of the schema */
  check(schema: ObjectSchema): void {
    const { $schema: dialect } = schema;
    if (dialect !== undefined && !(typeof dialect === 'string' && SCHEMA_2020_12.test(dialect)))
      throw new Error("'$schema' must be https://json-schema.org/draft/2020-12/schema");
    // An asynchronous validator returns a promise, which is truthy and would accept any data.
    if ('$async' in schema) throw new Error("'$async' is not supported");
    this.#first ??= load(false);
    void this.#first.validateSchema(schema, true);
    this.#first.compile(schema);
  }

  /** @param schema must have passed {@link check} */
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
    // Errors have the schema of their object.
    verbose: true,
    strict: true,
    // A schema may require members that it does not describe, and allow several types.
    strictRequired: false,
    allowUnionTypes: true,
    // Inherited members such as `toString` do not count as members of the data.
    ownProperties: true,
    // Versions of a schema may share their `$id`.
    addUsedSchema: false,
    // A test validates the built-in schemas against the meta-schema; `check` validates the product's.
    validateSchema: false,
    logger: false,
  });
  addFormats.default(ajv, { mode: 'full', formats: [...FORMATS] });
  return ajv;
}

function isLarge(data: unknown): boolean {
  const pending: unknown[] = [data];
  for (let values = 0; pending.length > 0; values++) {
    if (values + pending.length > MAX_VALUES) return true;
    const value = pending.pop();
    if (typeof value !== 'object' || value === null) continue;
    const members: readonly unknown[] = Object.values(value);
    if (values + pending.length + members.length > MAX_VALUES) return true;
    pending.push(...members);
  }
  return false;
}
