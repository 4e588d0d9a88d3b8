import { type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, ValidationTypes } from 'class-validator';
import { JSON_OBJECT } from './property-decorators.js';

/** Properties that the decorators of a DTO class declare, including inherited ones. */
export interface DtoSchema {
  readonly properties: ReadonlySet<string>;
  /** The only property with free-form JSON, such as `data`. */
  readonly freeForm: string | undefined;
  /** Properties whose values are DTOs (`@ValidateNested` with `@Type`), or arrays of them (`each: true`). */
  readonly nested: ReadonlyMap<string, { readonly dto: Type<object>; readonly isArray: boolean }>;
}

const schemas = new WeakMap<Type<object>, DtoSchema>();

/** @throws Error if a nested property lacks `@Type` */
export function dtoSchemaOf(dto: Type<object>): DtoSchema {
  const cached = schemas.get(dto);
  if (cached) return cached;
  const declared = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const nested = declared.filter(({ type }) => type === ValidationTypes.NESTED_VALIDATION);
  const [freeForm, ...others] = declared.filter(({ name }) => name === JSON_OBJECT);
  const schema = {
    freeForm: others.length === 0 ? freeForm?.propertyName : undefined,
    properties: new Set(declared.map(({ propertyName }) => propertyName)),
    nested: new Map(
      nested.map(({ propertyName, each }) => [propertyName, { dto: typeOfProperty(dto, propertyName), isArray: each }]),
    ),
  };
  schemas.set(dto, schema);
  return schema;
}

/** Finds the class of a nested property by transforming a sample: class-transformer does not export its metadata. */
function typeOfProperty(dto: Type<object>, name: string): Type<object> {
  const sample: unknown = Reflect.get(plainToInstance(dto, { [name]: [{}] }), name);
  const first: unknown = Array.isArray(sample) ? sample[0] : undefined;
  if (typeof first !== 'object' || first === null || first.constructor === Object)
    throw new Error(`${dto.name}.${name} has @ValidateNested, but no @Type`);
  return first.constructor as Type<object>;
}
