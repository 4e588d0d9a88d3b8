import { ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, Max, Min } from 'class-validator';
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
  // Only digits: `Number` would also take 1e3, 0x10 and blanks.
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value,
  )
  @Min(1, { message: 'must be 1 or more' })
  @Max(YEAR, { message: `must be ${YEAR} or less` })
  @IsInt({ message: `must be an integer from 1 to ${YEAR}` })
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
