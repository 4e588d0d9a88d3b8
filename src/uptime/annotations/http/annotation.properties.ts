import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { parseTimestamp } from '../../../common/time.js';
import { HasMaxLength, IfGiven, IsStringThat } from '../../../http/index.js';

const MAX_REASON_LENGTH = 1_000;
/** Stored timestamps have milliseconds; years outside 2000 to 2099 are considered typing errors. */
const ACCEPTED = /^20[^.]*(\.\d{1,3}\D.*)?$/;

const isTimestamp = IsStringThat(
  (text) => ACCEPTED.test(text) && parseTimestamp(text) !== undefined,
  'must be a time from 2000 to 2099 such as 2026-01-31T12:00:00.000Z or 2026-01-31T13:00:00+01:00',
);

/** Member of a request body that is a timestamp with its offset (RFC 3339), which `Date.parse` accepts. */
export function TimestampProperty(documentation: ApiPropertyOptions): PropertyDecorator {
  return applyDecorators(ApiProperty({ format: 'date-time', ...documentation }), isTimestamp);
}

/** Optional {@link TimestampProperty}; null is rejected. */
export function OptionalTimestampProperty(documentation: ApiPropertyOptions): PropertyDecorator {
  return applyDecorators(ApiPropertyOptional({ format: 'date-time', ...documentation }), IfGiven(), isTimestamp);
}

export function ReasonProperty(example: string): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      example,
      minLength: 1,
      maxLength: MAX_REASON_LENGTH,
      description: 'Reason, visible to everyone who may read the uptime of the service',
    }),
    IsString(),
    HasMaxLength(MAX_REASON_LENGTH),
    IsStringThat(
      (text) => /\S/.test(text) && !/\p{Cc}/u.test(text),
      'must be a non-blank string without control characters',
    ),
  );
}
