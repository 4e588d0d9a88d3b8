import { ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { IsIn, IsString } from 'class-validator';
import { parseTimestamp, toTimestamp } from '../../../common/time.js';
import { IfGiven, IsQueryInteger, TimestampProperty } from '../../../http/index.js';
import { type TimeRange, type UptimePolicy } from '../../domain/index.js';
import { DEFAULT_HOURS, MAX_HOURS, windowOf } from '../application/uptime-window.js';

/** Window of a query, and the policy by which its statuses count. */
export class HoursQuery {
  @ApiPropertyOptional({
    description: 'Length of the window in hours; not together with `from`',
    type: 'integer',
    minimum: 1,
    maximum: MAX_HOURS,
    default: DEFAULT_HOURS,
  })
  @IfGiven()
  @IsQueryInteger(1, MAX_HOURS)
  readonly hours?: number;

  @TimestampProperty('Start of the window, ISO 8601 with a time zone; inclusive', '2026-01-30T12:00:00Z')
  readonly from?: string;

  @TimestampProperty('End of the window, exclusive; now if it is absent or later', '2026-01-31T12:00:00Z')
  readonly to?: string;

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

  @ApiPropertyOptional({ description: 'Only services with this tag', example: 'monitoring' })
  @IfGiven()
  @IsString()
  readonly tag?: string;
}

/** {@link HoursQuery} of a list. */
export class SummaryQuery extends IntersectionType(HoursQuery, ServicesQuery) {}

/** A window with its name in a response. */
export interface Period {
  readonly window: TimeRange;
  readonly period: string;
}

interface GivenWindow {
  readonly hours: number | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** @param now milliseconds since 1970 @throws ValidationError as {@link windowOf} */
export function periodOf({ hours, from, to }: GivenWindow, now: number): Period {
  const window = windowOf({ hours, from: timeOf(from), to: timeOf(to) }, now);
  if (from !== undefined || to !== undefined)
    return { window, period: `${toTimestamp(window.from)}/${toTimestamp(window.to)}` };
  const length = hours ?? DEFAULT_HOURS;
  return { window, period: length === 1 ? '1 hour' : `${length} hours` };
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseTimestamp(text);
}
