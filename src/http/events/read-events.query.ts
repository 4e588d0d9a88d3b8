import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { MAX_REVISION, parseRevision } from '../../common/revision.js';
import { type Direction } from '../../event-store/domain/index.js';
import { DEFAULT_PAGE_SIZE, IsStringThat, PageSizeProperty } from '../validation/property-decorators.js';

const DIRECTIONS = ['forwards', 'backwards'] as const satisfies readonly Direction[];

export class ReadEventsQuery {
  @ApiPropertyOptional({
    description: 'First revision to read, inclusive; by default the first event forwards, or the last event backwards',
    example: '0',
    type: String,
    pattern: '^\\d{1,19}$',
  })
  @IsOptional()
  @IsStringThat((text) => parseRevision(text) !== undefined, `from must be an integer from 0 to ${MAX_REVISION}`)
  readonly from?: string;

  @PageSizeProperty('Maximum number of events')
  readonly limit: number = DEFAULT_PAGE_SIZE;

  @ApiPropertyOptional({ enum: DIRECTIONS, default: 'forwards' })
  @IsOptional()
  @IsIn(DIRECTIONS)
  readonly direction: Direction = 'forwards';
}
