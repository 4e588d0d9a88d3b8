import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches, MaxLength } from 'class-validator';

const MAX_REASON_LENGTH = 1_000;

/** Member of a request body: a human-readable reason, visible to everyone who may read the uptime of the service. */
export function ReasonProperty(example: string): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      example,
      minLength: 1,
      maxLength: MAX_REASON_LENGTH,
      description: 'Reason, visible to everyone who may read the uptime of the service',
    }),
    IsString(),
    MaxLength(MAX_REASON_LENGTH),
    Matches(/^\P{Cc}*\S\P{Cc}*$/u, { message: 'must be a non-blank string without control characters' }),
  );
}
