import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { type CurrentStatus, type ServiceSummary, type ServiceTimeline, type TimelineInterval } from '../application/index.js';
import { type ChangeEvidence, OBSERVED_STATUSES, type ObservedStatus, PERFORMANCE_GRADES, type PerformanceGrade, type Sample, SERVICE_STATUSES, type ServiceStatus } from '../domain/index.js';

const AN_INSTANT = '2026-01-31T12:00:00.000Z';

/** What was seen when a status began. */
export class EvidenceDto implements ChangeEvidence {
  @ApiPropertyOptional({ description: 'Milliseconds', example: 12 })
  readonly responseTime?: number;

  @ApiPropertyOptional({ example: 'connection refused by 127.0.0.1:3000' })
  readonly error?: string;

  @ApiPropertyOptional({ enum: PERFORMANCE_GRADES })
  readonly performanceGrade?: PerformanceGrade;
}

/** The last probe that this replica made; not confirmed by others yet. */
export class LastProbeDto extends EvidenceDto {
  @ApiProperty({ example: AN_INSTANT })
  readonly timestamp: string;

  @ApiProperty({ enum: OBSERVED_STATUSES })
  readonly status: ObservedStatus;

  static of({ at, status, responseMicros, grade, error }: Sample): LastProbeDto {
    return {
      timestamp: toTimestamp(at),
      status,
      responseTime: Math.round(responseMicros / 1_000),
      ...(grade === undefined ? {} : { performanceGrade: grade }),
      ...(error === undefined ? {} : { error }),
    };
  }
}

export class CurrentStatusDto {
  @ApiProperty({ example: 'http' })
  readonly serviceName: string;

  @ApiProperty({ enum: SERVICE_STATUSES, description: '`unknown` where nobody probes it at the moment' })
  readonly currentStatus: ServiceStatus;

  @ApiProperty({ type: String, nullable: true, example: AN_INSTANT, description: 'Since when the status that was confirmed last holds; null where none ever was' })
  readonly lastStatusChange: string | null;

  @ApiPropertyOptional({ type: EvidenceDto, description: 'What was seen then' })
  readonly metadata?: EvidenceDto;

  @ApiProperty({ type: LastProbeDto, nullable: true })
  readonly lastProbe: LastProbeDto | null;

  static of({ serviceName, currentStatus, lastChange, lastSample }: CurrentStatus): CurrentStatusDto {
    return {
      serviceName,
      currentStatus,
      lastStatusChange: lastChange ? toTimestamp(lastChange.at) : null,
      ...(lastChange ? { metadata: lastChange.metadata } : {}),
      lastProbe: lastSample ? LastProbeDto.of(lastSample) : null,
    };
  }
}

export class UptimeBoundsDto {
  @ApiProperty({ description: 'Percent, if the service was down whenever it is unknown', example: 99.2 })
  readonly low: number;

  @ApiProperty({ description: 'Percent, if the service was up whenever it is unknown', example: 99.991 })
  readonly high: number;
}

export class ServiceSummaryDto {
  @ApiProperty({ example: 'http' })
  readonly serviceName: string;

  @ApiProperty({ enum: SERVICE_STATUSES })
  readonly currentStatus: ServiceStatus;

  @ApiProperty({ type: Number, nullable: true, description: 'Of the time that counts, rounded down to thousandths; null where none does', example: 99.987 })
  readonly uptimePercentage: number | null;

  @ApiProperty({ type: 'integer', description: 'Milliseconds in the window that count as up', example: 86_388_768 })
  readonly totalUptime: number;

  @ApiProperty({ type: 'integer', description: 'Milliseconds in the window that count as down', example: 11_232 })
  readonly totalDowntime: number;

  @ApiProperty({ type: 'integer', description: 'Milliseconds in the window that nobody knows about: not probed, or not confirmed', example: 0 })
  readonly totalUnknown: number;

  @ApiProperty({ description: 'What the percentage of the whole window is at least and at most' })
  readonly uptimeBounds: UptimeBoundsDto;

  @ApiProperty({ type: String, nullable: true, example: AN_INSTANT })
  readonly lastStatusChange: string | null;

  @ApiProperty({ example: true })
  readonly isCurrentlyUp: boolean;

  static of({ serviceName, currentStatus, uptimePercentage, totalUptime, totalDowntime, totalUnknown, uptimeBounds, lastChange, isCurrentlyUp }: ServiceSummary): ServiceSummaryDto {
    const lastStatusChange = lastChange ? toTimestamp(lastChange.at) : null;
    return { serviceName, currentStatus, uptimePercentage, totalUptime, totalDowntime, totalUnknown, uptimeBounds, lastStatusChange, isCurrentlyUp };
  }
}

export class TimelineIntervalDto {
  @ApiProperty({ enum: SERVICE_STATUSES })
  readonly status: ServiceStatus;

  @ApiProperty({ example: AN_INSTANT })
  readonly startTime: string;

  @ApiProperty({ example: '2026-01-31T13:00:00.000Z' })
  readonly endTime: string;

  @ApiProperty({ type: 'integer', description: 'Milliseconds from startTime to endTime', example: 3_600_000 })
  readonly duration: number;

  @ApiPropertyOptional({ type: EvidenceDto, description: 'What was seen at startTime, where the interval began with a change' })
  readonly metadata?: EvidenceDto;

  @ApiPropertyOptional({ description: 'The event that recorded that change', example: 'evt_1769860800000_0c7f2k9x1m3qd' })
  readonly eventId?: string;

  static of({ status, from, to, change }: TimelineInterval): TimelineIntervalDto {
    return { status, startTime: toTimestamp(from), endTime: toTimestamp(to), duration: to - from, ...(change ? { metadata: change.metadata, eventId: change.eventId } : {}) };
  }
}

export class ServiceTimelineDto extends ServiceSummaryDto {
  @ApiProperty({ example: '2026-01-30T13:00:00.000Z' })
  readonly startTime: string;

  @ApiProperty({ example: '2026-01-31T13:00:00.000Z' })
  readonly endTime: string;

  @ApiProperty({ type: [TimelineIntervalDto], description: 'They follow one another from startTime to endTime without gap or overlap' })
  readonly timeline: TimelineIntervalDto[];

  static override of(service: ServiceTimeline): ServiceTimelineDto {
    const { window, intervals } = service;
    return { ...ServiceSummaryDto.of(service), startTime: toTimestamp(window.from), endTime: toTimestamp(window.to), timeline: intervals.map((interval) => TimelineIntervalDto.of(interval)) };
  }
}

export function toTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
