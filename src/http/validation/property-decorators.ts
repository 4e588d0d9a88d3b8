import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { maxLength, ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator';
import { isPlainObject } from '../../common/plain-object.js';
import { printable } from '../../common/text.js';
import { parseTimestamp } from '../../common/time.js';

interface JsonObjectDocumentation {
  readonly description: string;
  readonly example: Readonly<Record<string, unknown>>;
}

export const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1_000;
/** Name of the rule of {@link JsonObject}. */
export const JSON_OBJECT = 'isJsonObject';
/** Of a value in a message. */
const MAX_SHOWN_LENGTH = 40;

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

/** Optional query parameter with a time, which stays a string; `parseTimestamp` of `common/time` reads it. */
export function TimestampProperty(description: string, example: string): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ description, example }),
    IfGiven(),
    // Query parsers decode `+` as a space; this restores the sign of the time zone.
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.replace(' ', '+') : value)),
    IsStringThat(
      (text) => parseTimestamp(text) !== undefined,
      'must be an ISO 8601 time with an offset, such as 2026-11-24T12:00:00Z',
    ),
  );
}

/** Query parameter that limits a page; its default is {@link DEFAULT_PAGE_SIZE}. */
export function PageSizeProperty(description: string): PropertyDecorator {
  const range = { default: DEFAULT_PAGE_SIZE, minimum: 1, maximum: MAX_PAGE_SIZE };
  return applyDecorators(
    ApiPropertyOptional({ description, ...range, type: 'integer' }),
    IfGiven(),
    IsQueryInteger(1, MAX_PAGE_SIZE),
  );
}

/** Query parameter with an integer in decimal digits. It is one rule, so that each wrong value has one message. */
export function IsQueryInteger(min: number, max: number): PropertyDecorator {
  const isAllowed = (value: unknown): boolean =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
  return applyDecorators(
    // `Number` would also take 1e3, 0x10 and blanks.
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value,
    ),
    ValidateBy({
      name: 'isQueryInteger',
      validator: {
        validate: isAllowed,
        defaultMessage: (given) => `must be an integer from ${min} to ${max}, got ${shown(given?.value)}`,
      },
    }),
  );
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `${value.length} values`;
  return typeof value === 'string' ? `'${printable(value, MAX_SHOWN_LENGTH)}'` : String(value);
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
    name: JSON_OBJECT,
    validator: { validate: isPlainObject, defaultMessage: (given) => problemWith(given?.value) },
  });
}

function problemWith(value: unknown): string {
  if (value === undefined) return 'must be a JSON object, but is missing';
  const type = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return `must be a JSON object, got ${type}`;
}
