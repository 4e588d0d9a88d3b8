import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { parseTimestamp } from '../../../common/time.js';
import { IfGiven } from '../../../http/index.js';

/** Stored timestamps have milliseconds; years outside 2000 to 2099 are considered typing errors. */
const ACCEPTED = /^20[^.]*(\.\d{1,3}\D.*)?$/;
const MESSAGE = 'must be a time from 2000 to 2099 such as 2026-01-31T12:00:00.000Z or 2026-01-31T13:00:00+01:00';

/** Member of a request body that is a timestamp with its offset (RFC 3339), which `Date.parse` accepts. */
export function TimestampProperty(documentation: ApiPropertyOptions): PropertyDecorator {
  return applyDecorators(ApiProperty({ format: 'date-time', ...documentation }), isTimestamp());
}

/** Optional {@link TimestampProperty}; null is rejected. */
export function OptionalTimestampProperty(documentation: ApiPropertyOptions): PropertyDecorator {
  return applyDecorators(ApiPropertyOptional({ format: 'date-time', ...documentation }), IfGiven(), isTimestamp());
}

function isTimestamp(): PropertyDecorator {
  return ValidateBy({
    name: 'isTimestamp',
    validator: {
      validate: (value) => typeof value === 'string' && ACCEPTED.test(value) && parseTimestamp(value) !== undefined,
      defaultMessage: () => MESSAGE,
    },
  });
}
