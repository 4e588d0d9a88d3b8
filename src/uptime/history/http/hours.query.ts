import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { type UptimePolicy } from '../../domain/index.js';

const DAY = 24;
const YEAR = 8_760;

/** Which window a question is about, and how its statuses count. */
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
  @IsInt({ message: `must be a whole number from 1 to ${YEAR}` })
  @Min(1, { message: 'must be 1 or more' })
  @Max(YEAR, { message: `must be ${YEAR} or less` })
  readonly hours: number = DAY;

  @ApiPropertyOptional({ description: 'What a degraded service counts as', enum: ['up', 'down'], default: 'up' })
  @IsIn(['up', 'down'], { message: 'must be up or down' })
  readonly degraded: UptimePolicy['degraded'] = 'up';

  @ApiPropertyOptional({
    description: 'What time that nobody knows about counts as',
    enum: ['excluded', 'up', 'down'],
    default: 'excluded',
  })
  @IsIn(['excluded', 'up', 'down'], { message: 'must be excluded, up or down' })
  readonly unknown: UptimePolicy['unknown'] = 'excluded';

  @ApiPropertyOptional({
    description: 'What time of maintenance counts as',
    enum: ['excluded', 'asProbed', 'up', 'down'],
    default: 'excluded',
  })
  @IsIn(['excluded', 'asProbed', 'up', 'down'], { message: 'must be excluded, asProbed, up or down' })
  readonly maintenance: UptimePolicy['maintenance'] = 'excluded';
}

/** How the window is named in an answer. */
export function periodOf(hours: number): string {
  return hours === 1 ? '1 hour' : `${hours} hours`;
}
