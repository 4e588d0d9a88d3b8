import { toTimestamp } from '../../../common/time.js';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsString, Max, Min, MinLength, ValidateNested } from 'class-validator';
import { AgingResponse, HasMaxLength, IfGiven, TimestampedResponse } from '../../../http/index.js';
import {
  MAX_OCCURRENCE_MS,
  MAX_RULE_LENGTH,
  type MaintenanceOccurrence,
  type MaintenanceWindow,
  type Recurrence,
} from '../../domain/index.js';
import { OptionalTimestampProperty, ReasonProperty, TimestampProperty } from './annotation.properties.js';
import { type ScheduleMaintenanceCommand, type MaintenanceView } from '../application/maintenance.service.js';

const AN_INSTANT = '2026-01-31T12:00:00.000Z';
const AN_END = '2026-01-31T14:00:00.000Z';
const MIN_OCCURRENCE_MS = 1_000;
const MAX_TIME_ZONE_LENGTH = 64;
const RULE = {
  description: 'An RRULE of RFC 5545 without DTSTART, or a cron expression of five fields',
  example: 'FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0;BYSECOND=0',
};
const TIME_ZONE = {
  description: 'IANA time zone in which the rule is evaluated',
  example: 'Europe/Amsterdam',
};
const DURATION = {
  type: 'integer',
  description: 'Duration of each occurrence in milliseconds',
  example: 7_200_000,
} as const;
const UNTIL = { description: 'No occurrence starts at or after this time', example: '2027-01-01T00:00:00.000Z' };
const FROM = {
  description: 'Start; of a recurring window, the earliest start of an occurrence, and DTSTART of an RRULE',
  example: AN_INSTANT,
};
const TO = { description: 'End of a single window', example: AN_END };

export class RecurrenceRequest {
  @ApiProperty({ ...RULE, maxLength: MAX_RULE_LENGTH })
  @MinLength(1)
  @HasMaxLength(MAX_RULE_LENGTH)
  @IsString()
  readonly rule: string;

  @ApiProperty({ ...TIME_ZONE, maxLength: MAX_TIME_ZONE_LENGTH })
  @HasMaxLength(MAX_TIME_ZONE_LENGTH)
  @IsString()
  readonly timezone: string;

  @ApiProperty({ ...DURATION, minimum: MIN_OCCURRENCE_MS, maximum: MAX_OCCURRENCE_MS })
  @Min(MIN_OCCURRENCE_MS)
  @Max(MAX_OCCURRENCE_MS)
  @IsInt()
  readonly durationMs: number;

  @OptionalTimestampProperty(UNTIL)
  readonly until?: string;
}

export class ScheduleMaintenanceRequest {
  @TimestampProperty(FROM)
  readonly from: string;

  @OptionalTimestampProperty({ ...TO, description: 'End of a single window; required without recurrence' })
  readonly to?: string;

  @ApiPropertyOptional({ type: RecurrenceRequest, description: 'For recurring maintenance' })
  @IfGiven()
  @ValidateNested()
  @Type(() => RecurrenceRequest)
  readonly recurrence?: RecurrenceRequest;

  @ReasonProperty('a new disk')
  readonly reason: string;
}

/** Command of a request body, with times in epoch milliseconds. */
export function scheduleMaintenanceCommand(body: ScheduleMaintenanceRequest): ScheduleMaintenanceCommand {
  const { from, to, recurrence, reason } = body;
  return {
    from: Date.parse(from),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
    ...(recurrence ? { recurrence: toRecurrence(recurrence) } : {}),
    reason,
  };
}

function toRecurrence({ rule, timezone, durationMs, until }: RecurrenceRequest): Recurrence {
  return { rule, timezone, durationMs, ...(until === undefined ? {} : { until: Date.parse(until) }) };
}

export class RecurrenceDto {
  @ApiProperty(RULE)
  readonly rule: string;

  @ApiProperty(TIME_ZONE)
  readonly timezone: string;

  @ApiProperty(DURATION)
  readonly durationMs: number;

  @ApiPropertyOptional(UNTIL)
  readonly until?: string;

  static of({ until, ...rest }: Recurrence): RecurrenceDto {
    return { ...rest, ...(until === undefined ? {} : { until: toTimestamp(until) }) };
  }
}

export class OccurrenceDto {
  @ApiProperty({ example: AN_INSTANT })
  readonly from: string;

  @ApiProperty({ example: AN_END })
  readonly to: string;

  static of({ from, to }: MaintenanceOccurrence): OccurrenceDto {
    return { from: toTimestamp(from), to: toTimestamp(to) };
  }
}

export class CancellationDto {
  @ApiProperty({ example: AN_INSTANT })
  readonly at: string;

  @ApiProperty({ description: "The caller's id", example: 'alice' })
  readonly by: string;

  static of({ at, by }: NonNullable<MaintenanceWindow['cancelled']>): CancellationDto {
    return { at: toTimestamp(at), by };
  }
}

export class MaintenanceDto {
  @ApiProperty({ example: 'mnt_0f6d3c1e9a2b4a448d550c2f' })
  readonly id: string;

  @ApiProperty(FROM)
  readonly from: string;

  @ApiPropertyOptional(TO)
  readonly to?: string;

  @ApiPropertyOptional({ type: RecurrenceDto })
  readonly recurrence?: RecurrenceDto;

  @ApiProperty({ example: 'a new disk' })
  readonly reason: string;

  @ApiProperty({ description: "The caller's id", example: 'alice' })
  readonly scheduledBy: string;

  @ApiPropertyOptional({
    type: CancellationDto,
    description: 'Who cancelled it and when; occurrences before that stay',
  })
  readonly cancelled?: CancellationDto;

  @ApiProperty({ type: [OccurrenceDto], description: 'Current and upcoming occurrences of the next year, at most ten' })
  readonly upcoming: OccurrenceDto[];

  static of({ window, upcoming }: MaintenanceView): MaintenanceDto {
    const { from, to, recurrence, cancelled, ...rest } = window;
    return {
      ...rest,
      from: toTimestamp(from),
      ...(to === undefined ? {} : { to: toTimestamp(to) }),
      ...(recurrence ? { recurrence: RecurrenceDto.of(recurrence) } : {}),
      ...(cancelled ? { cancelled: CancellationDto.of(cancelled) } : {}),
      upcoming: upcoming.map((occurrence) => OccurrenceDto.of(occurrence)),
    };
  }
}

export class MaintenanceListResponse extends AgingResponse {
  @ApiProperty({
    type: [MaintenanceDto],
    description: 'All windows, past and cancelled ones included, in the order they were scheduled',
  })
  readonly maintenance: MaintenanceDto[];
}

export class MaintenanceResponse extends TimestampedResponse {
  @ApiProperty({ type: MaintenanceDto })
  readonly maintenance: MaintenanceDto;
}
