import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches, MaxLength } from 'class-validator';

const LONGEST_REASON = 1_000;

/** A member of a body that says why, for people; it can be read by everyone who may read the uptime of the service. */
export function ReasonMember(example: string): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      example,
      minLength: 1,
      maxLength: LONGEST_REASON,
      description: 'Why, for everyone who may read the uptime of the service',
    }),
    IsString(),
    MaxLength(LONGEST_REASON),
    Matches(/^\P{Cc}*\S\P{Cc}*$/u, { message: 'must be a text without control characters, and not blank' }),
  );
}
