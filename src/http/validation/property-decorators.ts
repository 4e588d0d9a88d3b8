import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, maxLength, Min, ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator';
import { isPlainObject } from '../../common/plain-object.js';

interface JsonObjectDocumentation {
  readonly description: string;
  readonly example: Readonly<Record<string, unknown>>;
}

export const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1_000;

/** Optional property that rejects null, which `@IsOptional` accepts. */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_: unknown, value: unknown) => value !== undefined);
}

/** Property with a string that satisfies a rule; `message` says which. */
export function IsStringThat(
  isValid: (text: string) => boolean,
  message: string,
  options?: ValidationOptions,
): PropertyDecorator {
  const validate = (value: unknown): boolean => typeof value === 'string' && isValid(value);
  return ValidateBy({ name: 'isStringThat', validator: { validate, defaultMessage: () => message } }, options);
}

/** A character has at most this many UTF-16 units that `maxLength` does not count. */
const UNITS_PER_CHARACTER = 4;

/** `@MaxLength`, which takes 20 ms for a megabyte, in no time for strings that are much too long. */
export function HasMaxLength(max: number, message?: string): PropertyDecorator {
  const validate = (value: unknown): boolean =>
    typeof value === 'string' && value.length <= UNITS_PER_CHARACTER * max && maxLength(value, max);
  return ValidateBy({
    name: 'maxLength',
    validator: {
      validate,
      defaultMessage: (given) => message ?? `${given?.property} must be shorter than or equal to ${max} characters`,
    },
  });
}

/** Array without duplicates; in linear time, unlike `@ArrayUnique`. */
export function HasNoDuplicates(): PropertyDecorator {
  const validate = (value: unknown): boolean => Array.isArray(value) && new Set(value).size === value.length;
  return ValidateBy({
    name: 'arrayUnique',
    validator: { validate, defaultMessage: (given) => `All ${given?.property}'s elements must be unique` },
  });
}

/** Query parameter that limits a page; its default is {@link DEFAULT_PAGE_SIZE}. */
export function PageSizeProperty(description: string): PropertyDecorator {
  const range = { default: DEFAULT_PAGE_SIZE, minimum: 1, maximum: MAX_PAGE_SIZE };
  return applyDecorators(
    ApiPropertyOptional({ description, ...range, type: 'integer' }),
    IfGiven(),
    Type(() => Number),
    IsInt(),
    Min(1),
    Max(MAX_PAGE_SIZE),
  );
}

/**
 * Property with a free-form JSON object. The controller gets the parsed object itself: neither copied nor converted,
 * with any property names. Declare it as `Readonly<Record<string, unknown>>`.
 */
export function JsonObject(documentation: JsonObjectDocumentation): PropertyDecorator {
  return applyDecorators(ApiProperty(schemaOf(documentation)), isJsonObject());
}

/** Optional {@link JsonObject}; rejects null. */
export function OptionalJsonObject(documentation: JsonObjectDocumentation): PropertyDecorator {
  return applyDecorators(ApiPropertyOptional(schemaOf(documentation)), IfGiven(), isJsonObject());
}

function schemaOf({ description, example }: JsonObjectDocumentation): {
  description: string;
  example: unknown;
  type: 'object';
  additionalProperties: true;
} {
  return { description, example, type: 'object', additionalProperties: true };
}

function isJsonObject(): PropertyDecorator {
  return ValidateBy({
    name: 'isJsonObject',
    validator: { validate: isPlainObject, defaultMessage: (given) => problemWith(given?.value) },
  });
}

function problemWith(value: unknown): string {
  if (value === undefined) return 'must be a JSON object, but is missing';
  const type = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return `must be a JSON object, got ${type}`;
}
