import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { isPlainObject } from '../../common/plain-object.js';
import { IfGiven } from './if-given.js';

export interface JsonObjectDocumentation {
  readonly description: string;
  readonly example: Readonly<Record<string, unknown>>;
}

/**
 * A member of a DTO that is a JSON object with whatever members. The controller gets the very object that was parsed: not copied,
 * not converted, and with members of any name. Declare it as `Readonly<Record<string, unknown>>`.
 */
export function JsonObject(documentation: JsonObjectDocumentation): PropertyDecorator {
  return applyDecorators(ApiProperty(schemaOf(documentation)), isJsonObject());
}

/** {@link JsonObject} that may be left out; null is refused. */
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
  return `must be a JSON object${value === undefined ? '; it is missing' : `, not ${nameOf(value)}`}`;
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? 'a text' : typeof value === 'number' ? 'a number' : 'true or false';
}
