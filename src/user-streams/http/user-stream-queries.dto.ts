import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, Matches } from 'class-validator';
import { MAX_STREAM_NAME_BYTES, type UserStreamType } from '../../event-store/index.js';
import { HasMaxLength, DEFAULT_PAGE_SIZE, IfGiven, PageSizeProperty, TimestampProperty } from '../../http/index.js';
import { type Visibility } from '../domain/index.js';
import { CategoryProperty, OptionalTypeProperty, VisibilityProperty } from './user-stream.properties.js';

const STATUSES = ['active', 'deleted'] as const;

export class ListUserStreamsQuery {
  @OptionalTypeProperty()
  readonly type?: UserStreamType;

  @CategoryProperty()
  readonly category?: string;

  @ApiPropertyOptional({ description: 'Only streams with this tag', example: 'work' })
  @IfGiven()
  @IsString()
  readonly tag?: string;

  @VisibilityProperty('Only streams of this visibility')
  readonly visibility?: Visibility;

  @ApiPropertyOptional({
    enum: STATUSES,
    default: 'active',
    description: '`deleted`: only deleted streams that the caller may restore',
  })
  @IfGiven()
  @IsIn(STATUSES)
  readonly status: (typeof STATUSES)[number] = 'active';

  @PageSizeProperty('Maximum number of streams')
  readonly limit: number = DEFAULT_PAGE_SIZE;

  @ApiPropertyOptional({ description: '`nextAfter` of the previous page', example: 'user-alice-profile' })
  @IfGiven()
  @HasMaxLength(MAX_STREAM_NAME_BYTES)
  @IsString()
  readonly after?: string;
}

export class StateQuery {
  @ApiPropertyOptional({ description: 'State at this revision', example: '3', pattern: '^\\d{1,18}$' })
  @IfGiven()
  @Matches(/^\d{1,18}$/, { message: 'must be a revision' })
  readonly revision?: string;

  @TimestampProperty('State at this time, ISO 8601 with a time zone', '2026-11-24T12:00:00Z')
  readonly at?: string;
}

export class FeedQuery {
  @ApiPropertyOptional({
    description: 'First revision, inclusive; without it and without Last-Event-ID, only new events',
    example: '0',
    pattern: '^\\d{1,18}$',
  })
  @IfGiven()
  @Matches(/^\d{1,18}$/, { message: 'must be a revision' })
  readonly from?: string;
}
