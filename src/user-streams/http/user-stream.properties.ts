import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsString, Matches } from 'class-validator';
import {
  API_KEY_PREFIX,
  DEFAULT_CATEGORY,
  EVERYONE,
  isCategory,
  isUserId,
  ROLES,
  USER_STREAM_TYPES,
} from '../../event-store/index.js';
import { HasMaxLength, HasNoDuplicates, IfGiven, IsStringThat } from '../../http/index.js';
import { MAX_TAGS, STANDARD_TAGS, type Visibility } from '../domain/index.js';

// Property decorators that several DTOs share: OpenAPI documentation and validation rules.

const VISIBILITIES = ['private', 'public'] as const satisfies readonly Visibility[];
const MAX_GRANTEES = 100;
const MAX_DESCRIPTION_LENGTH = 1_000;
const PRINTABLE = /^\P{Cc}*$/u;
const TAG = /^[\p{L}\p{N}][\p{L}\p{N}_.:@/-]{0,63}$/u;
const API_KEY_NAME = new RegExp(`^${API_KEY_PREFIX}[a-z0-9-]{1,64}$`);

export function TypeProperty(): PropertyDecorator {
  return applyDecorators(ApiProperty({ enum: USER_STREAM_TYPES, example: 'profile' }), IsIn(USER_STREAM_TYPES));
}

export function OptionalTypeProperty(): PropertyDecorator {
  return applyDecorators(ApiPropertyOptional({ enum: USER_STREAM_TYPES }), IfGiven(), IsIn(USER_STREAM_TYPES));
}

export function CategoryProperty(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ example: DEFAULT_CATEGORY }),
    IfGiven(),
    IsStringThat(isCategory, "must be at most 64 lower-case letters, digits and single '-' or '_' between them"),
  );
}

export function VisibilityProperty(description: string): PropertyDecorator {
  return applyDecorators(ApiPropertyOptional({ enum: VISIBILITIES, description }), IfGiven(), IsIn(VISIBILITIES));
}

export function DescriptionProperty(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ maxLength: MAX_DESCRIPTION_LENGTH, example: 'What colleagues see' }),
    IfGiven(),
    IsString(),
    HasMaxLength(MAX_DESCRIPTION_LENGTH),
    Matches(PRINTABLE, { message: 'must not contain control characters' }),
  );
}

export function TagsProperty(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      type: [String],
      maxItems: MAX_TAGS + STANDARD_TAGS,
      description: `At most ${MAX_TAGS} of your own. The standard ones may be among them, and stay in any case`,
      example: ['work'],
    }),
    IfGiven(),
    IsArray(),
    ArrayMaxSize(MAX_TAGS + STANDARD_TAGS),
    HasNoDuplicates(),
    Matches(TAG, { each: true, message: 'must contain only strings of 1 to 64 letters, digits and _ . : @ / -' }),
  );
}

export function GranteesProperty(description: string, ...rules: readonly PropertyDecorator[]): PropertyDecorator {
  const isGrantee = (text: string): boolean =>
    text === EVERYONE || ROLES.some((role) => role === text) || isUserId(text) || API_KEY_NAME.test(text);
  return applyDecorators(
    ApiPropertyOptional({ type: [String], maxItems: MAX_GRANTEES, example: ['alice'], description }),
    IfGiven(),
    IsArray(),
    ArrayMaxSize(MAX_GRANTEES),
    HasNoDuplicates(),
    IsStringThat(isGrantee, `must contain only user ids, ${API_KEY_PREFIX}{name}, ${ROLES.join(', ')} or ${EVERYONE}`, {
      each: true,
    }),
    ...rules,
  );
}
