import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ValidateBy, ValidateIf } from 'class-validator';
import { isPlainObject } from '../../common/plain-object.js';

export interface JsonObjectDocumentation {
  readonly description: string;
  readonly example: Readonly<Record<string, unknown>>;
}

/** Optional property that rejects null, which `@IsOptional` accepts. */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_: unknown, value: unknown) => value !== undefined);
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
  return `must be a JSON object${value === undefined ? ', but is missing' : `, got ${describeType(value)}`}`;
}

function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'string' ? 'a string' : typeof value === 'number' ? 'a number' : 'a boolean';
}
