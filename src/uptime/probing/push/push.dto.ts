import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { HasMaxLength, IfGiven } from '../../../http/index.js';
import { OBSERVED_STATUSES, type ObservedStatus, type ServiceReport } from '../../domain/index.js';

const MAX_MESSAGE_LENGTH = 200;
const MAX_RESPONSE_MS = 86_400_000;
/** No control characters. */
const PRINTABLE = /^\P{Cc}*$/u;

export class PushRequest implements ServiceReport {
  @ApiPropertyOptional({ enum: OBSERVED_STATUSES, default: 'up' })
  @IsIn(OBSERVED_STATUSES, { message: `must be ${OBSERVED_STATUSES.join(', ').replace(/, (\w+)$/, ' or $1')}` })
  readonly status: ObservedStatus = 'up';

  @ApiPropertyOptional({
    description: 'Description of a problem',
    maxLength: MAX_MESSAGE_LENGTH,
    example: 'the queue holds 12,000 orders',
  })
  @IfGiven()
  @Matches(PRINTABLE, { message: 'must not contain control characters' })
  @HasMaxLength(MAX_MESSAGE_LENGTH, `must not be longer than ${MAX_MESSAGE_LENGTH} characters`)
  @IsString({ message: 'must be a string' })
  readonly message?: string;

  @ApiPropertyOptional({
    description: 'Duration of the monitored work in milliseconds',
    type: 'integer',
    minimum: 0,
    maximum: MAX_RESPONSE_MS,
    example: 42,
  })
  @IfGiven()
  @Min(0, { message: `must be an integer from 0 to ${MAX_RESPONSE_MS}` })
  @Max(MAX_RESPONSE_MS, { message: `must be an integer from 0 to ${MAX_RESPONSE_MS}` })
  @IsInt({ message: `must be an integer from 0 to ${MAX_RESPONSE_MS}` })
  readonly responseTime?: number;
}

export class PushResponse {
  @ApiProperty({ description: 'When the report was received', example: '2026-01-31T12:00:00.000Z' })
  readonly timestamp: string;

  @ApiProperty({ example: 'nightly-backup' })
  readonly serviceName: string;

  @ApiProperty({ description: 'Id of the recorded event', example: 'evt_1769860800000_5v0c3qk8d1m2p7ra' })
  readonly eventId: string;

  @ApiProperty({
    description: 'The service is down without another report by then',
    example: '2026-01-31T12:01:05.000Z',
  })
  readonly nextDue: string;
}
