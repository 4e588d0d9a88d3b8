import { type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, ValidationTypes } from 'class-validator';

/** What a DTO's decorators declare, as far as it matters before it is made. */
export interface DtoShape {
  /** Names of all members, inherited ones too. */
  readonly members: ReadonlySet<string>;
  /** Members that are DTOs themselves (`@ValidateNested` with `@Type`). */
  readonly nested: ReadonlyMap<string, NestedDto>;
}

export interface NestedDto {
  readonly dto: Type<object>;
  /** `@ValidateNested({ each: true })`: a list of them. */
  readonly isList: boolean;
}

const shapes = new WeakMap<Type<object>, DtoShape>();

/** @throws Error for a DTO that is declared in a way that could not be validated */
export function shapeOf(dto: Type<object>): DtoShape {
  const known = shapes.get(dto);
  if (known) return known;
  const declared = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const nested = declared.filter(({ type }) => type === ValidationTypes.NESTED_VALIDATION);
  const shape = {
    members: new Set(declared.map(({ propertyName }) => propertyName)),
    nested: new Map(
      nested.map(({ propertyName, each }) => [propertyName, { dto: typeOfMember(dto, propertyName), isList: each }]),
    ),
  };
  shapes.set(dto, shape);
  return shape;
}

/** class-transformer keeps the types of members to itself: it is asked by having it make one. */
function typeOfMember(dto: Type<object>, name: string): Type<object> {
  const made: unknown = Reflect.get(plainToInstance(dto, { [name]: [{}] }), name);
  const first: unknown = Array.isArray(made) ? made[0] : undefined;
  if (typeof first !== 'object' || first === null || first.constructor === Object)
    throw new Error(`${dto.name}.${name} has @ValidateNested, but no @Type that says what it holds`);
  return first.constructor as Type<object>;
}
