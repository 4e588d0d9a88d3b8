import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { IfGiven } from '../../../http/index.js';

const INSTANT = /^(20\d\d)-(\d\d)-(\d\d)T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;
const PROBLEM = 'must be a time from 2000 to 2099 such as 2026-01-31T12:00:00.000Z or 2026-01-31T13:00:00+01:00';

/** A member of a body that is an instant, as ISO 8601 with its offset; {@link parseTimestamp} gives its milliseconds. */
export function TimestampProperty(documentation: ApiPropertyOptions): PropertyDecorator {
  return applyDecorators(ApiProperty({ format: 'date-time', ...documentation }), isInstant());
}

/** {@link TimestampProperty} that may be left out; null is refused. */
export function OptionalTimestampProperty(documentation: ApiPropertyOptions): PropertyDecorator {
  return applyDecorators(ApiPropertyOptional({ format: 'date-time', ...documentation }), IfGiven(), isInstant());
}

/** Milliseconds since 1970 of a member that was validated. */
export function parseTimestamp(text: string): number {
  return Date.parse(text);
}

function isInstant(): PropertyDecorator {
  return ValidateBy({
    name: 'isInstant',
    validator: { validate: (value) => typeof value === 'string' && names(value), defaultMessage: () => PROBLEM },
  });
}

/** Whether a text names a moment that exists: `Date.parse` takes the 30th of February for the 2nd of March. */
function names(text: string): boolean {
  const [, year, month, day] = INSTANT.exec(text) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return (
    date.getUTCDate() === Number(day) && date.getUTCMonth() === Number(month) - 1 && !Number.isNaN(Date.parse(text))
  );
}
