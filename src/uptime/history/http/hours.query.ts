import { ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { IsQueryInteger } from '../../../http/index.js';
import { type UptimePolicy } from '../../domain/index.js';

const DAY = 24;
const YEAR = 8_760;

/** Window of a query, and the policy by which its statuses count. */
export class HoursQuery {
  @ApiPropertyOptional({
    description: 'Length of the window that ends now, in hours',
    type: 'integer',
    minimum: 1,
    maximum: YEAR,
    default: DAY,
  })
  @IsQueryInteger(1, YEAR)
  readonly hours: number = DAY;

  @ApiPropertyOptional({ description: 'How degraded time counts', enum: ['up', 'down'], default: 'up' })
  @IsIn(['up', 'down'], { message: 'must be up or down' })
  readonly degraded: UptimePolicy['degraded'] = 'up';

  @ApiPropertyOptional({
    description: 'How unknown time counts',
    enum: ['excluded', 'up', 'down'],
    default: 'excluded',
  })
  @IsIn(['excluded', 'up', 'down'], { message: 'must be excluded, up or down' })
  readonly unknown: UptimePolicy['unknown'] = 'excluded';

  @ApiPropertyOptional({
    description: 'How maintenance counts',
    enum: ['excluded', 'asProbed', 'up', 'down'],
    default: 'excluded',
  })
  @IsIn(['excluded', 'asProbed', 'up', 'down'], { message: 'must be excluded, asProbed, up or down' })
  readonly maintenance: UptimePolicy['maintenance'] = 'excluded';
}

/** Selects the services of a list. */
export class ServicesQuery {
  @ApiPropertyOptional({
    description: 'Also lists services that are no longer configured, marked as `removed`',
    enum: ['true', 'false'],
    default: 'false',
  })
  @IsIn(['true', 'false'], { message: 'must be true or false' })
  readonly removed: 'true' | 'false' = 'false';
}

/** {@link HoursQuery} of a list. */
export class SummaryQuery extends IntersectionType(HoursQuery, ServicesQuery) {}

/** Name of the window in a response. */
export function periodOf(hours: number): string {
  return hours === 1 ? '1 hour' : `${hours} hours`;
}
