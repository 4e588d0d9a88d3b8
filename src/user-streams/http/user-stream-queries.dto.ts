import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsString, Matches, Max, Min, ValidateBy } from 'class-validator';
import { parseTimestamp } from '../../common/time.js';
import { type UserStreamType } from '../../event-store/index.js';
import { IfGiven } from '../../http/index.js';
import { type Visibility } from '../domain/index.js';
import { CategoryProperty, OptionalTypeProperty, VisibilityProperty } from './user-stream.properties.js';

const DEFAULT_PAGE = 100;
const MAX_PAGE_SIZE = 1_000;
const STATUSES = ['active', 'deleted'] as const;

export class ListUserStreamsQuery {
  @OptionalTypeProperty()
  readonly type?: UserStreamType;

  @CategoryProperty()
  readonly category?: string;

  @ApiPropertyOptional({ description: 'Only those that have this tag', example: 'work' })
  @IfGiven()
  @IsString()
  readonly tag?: string;

  @VisibilityProperty('Only those of this visibility')
  readonly visibility?: Visibility;

  @ApiPropertyOptional({
    enum: STATUSES,
    default: 'active',
    description: '`deleted`: those that may be restored, for who may restore them',
  })
  @IfGiven()
  @IsIn(STATUSES)
  readonly status: (typeof STATUSES)[number] = 'active';

  @ApiPropertyOptional({
    description: 'At most this many streams',
    default: DEFAULT_PAGE,
    minimum: 1,
    maximum: MAX_PAGE_SIZE,
    type: 'integer',
  })
  @IfGiven()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_SIZE)
  readonly limit: number = DEFAULT_PAGE;

  @ApiPropertyOptional({ description: '`nextAfter` of the page before', example: 'user-alice-profile' })
  @IfGiven()
  @IsString()
  readonly after?: string;
}

export class StateQuery {
  @ApiPropertyOptional({ description: 'The state right after this revision', example: '3', pattern: '^\\d{1,18}$' })
  @IfGiven()
  @Matches(/^\d{1,18}$/, { message: 'must be a revision' })
  readonly revision?: string;

  @ApiPropertyOptional({
    description: 'The state at this time, ISO 8601 with time zone',
    example: '2026-11-24T12:00:00Z',
  })
  @IfGiven()
  // In a query a plus means a blank: that of a time zone is taken as it was meant.
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.replace(' ', '+') : value))
  @ValidateBy({
    name: 'isTimestamp',
    validator: {
      validate: (value) => typeof value === 'string' && parseTimestamp(value) !== undefined,
      defaultMessage: () => 'must be a time with its offset, such as 2026-11-24T12:00:00Z',
    },
  })
  readonly at?: string;
}

export class FeedQuery {
  @ApiPropertyOptional({
    description:
      'Revision to begin with, inclusive; without it, and without Last-Event-ID, with what is recorded from now on',
    example: '0',
    pattern: '^\\d{1,18}$',
  })
  @IfGiven()
  @Matches(/^\d{1,18}$/, { message: 'must be a revision' })
  readonly from?: string;
}
