import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Max, Min, ValidateBy } from 'class-validator';
import { MAX_REVISION, parseRevision } from '../../common/revision.js';
import { type Direction } from '../../event-store/domain/index.js';

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1_000;
const DIRECTIONS = ['forwards', 'backwards'] as const satisfies readonly Direction[];

export class ReadEventsQuery {
  @ApiPropertyOptional({
    description: 'First revision to read, inclusive; by default the first event forwards, or the last event backwards',
    example: '0',
    type: String,
    pattern: '^\\d{1,19}$',
  })
  @IsOptional()
  @ValidateBy({
    name: 'isRevision',
    validator: {
      validate: isRevision,
      defaultMessage: () => `from must be an integer from 0 to ${MAX_REVISION}`,
    },
  })
  readonly from?: string;

  @ApiPropertyOptional({
    description: 'Maximum number of events',
    default: DEFAULT_PAGE_SIZE,
    minimum: 1,
    maximum: MAX_PAGE_SIZE,
    type: 'integer',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_SIZE)
  readonly limit: number = DEFAULT_PAGE_SIZE;

  @ApiPropertyOptional({ enum: DIRECTIONS, default: 'forwards' })
  @IsOptional()
  @IsIn(DIRECTIONS)
  readonly direction: Direction = 'forwards';
}

function isRevision(value: unknown): boolean {
  return typeof value === 'string' && parseRevision(value) !== undefined;
}
