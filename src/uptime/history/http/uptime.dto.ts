import { toTimestamp } from '../../../common/time.js';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { evidenceFor, type MaintenanceOccurrence, SERVICE_STATUSES, type ServiceStatus } from '../../domain/index.js';
import {
  type ServiceStatusView,
  type ServiceSummary,
  type ServiceTimeline,
  type TimelineInterval,
} from '../application/uptime-queries.js';
import { AN_INSTANT, EvidenceDto, LastProbeDto } from './last-probe.dto.js';

export class CurrentMaintenanceDto {
  @ApiProperty({ example: 'mnt_0f6d3c1e9a2b4a448d550c2f' })
  readonly id: string;

  @ApiProperty({ description: 'End of the current occurrence', example: '2026-01-31T14:00:00.000Z' })
  readonly until: string;

  @ApiProperty({ example: 'a new disk' })
  readonly reason: string;

  static of({ window: { id, reason }, to }: MaintenanceOccurrence): CurrentMaintenanceDto {
    return { id, until: toTimestamp(to), reason };
  }
}

/** Members of a service that is not probed on purpose. */
abstract class UnprobedDto {
  @ApiPropertyOptional({
    enum: ['paused'],
    description: 'Why the status is unknown: `enabled: false` in the services file',
  })
  readonly reason?: 'paused';

  @ApiPropertyOptional({ description: 'The service is no longer configured', example: true })
  readonly removed?: true;

  protected static membersOf({
    isPaused,
    isRemoved,
  }: Pick<ServiceStatusView, 'isPaused' | 'isRemoved'>): Pick<UnprobedDto, 'reason' | 'removed'> {
    return { ...(isPaused ? { reason: 'paused' } : {}), ...(isRemoved ? { removed: true } : {}) };
  }
}

export class CurrentStatusDto extends UnprobedDto {
  @ApiProperty({ example: 'http' })
  readonly serviceName: string;

  @ApiProperty({ enum: SERVICE_STATUSES, description: '`unknown` if it is not probed now' })
  readonly currentStatus: ServiceStatus;

  @ApiPropertyOptional({
    type: [String],
    description: 'Of its stream, then those of the services file',
    example: ['uptime', 'monitoring', 'http'],
  })
  readonly tags: readonly string[];

  @ApiProperty({
    type: String,
    nullable: true,
    example: AN_INSTANT,
    description: 'Start of the last confirmed status; null if there is none',
  })
  readonly lastStatusChange: string | null;

  @ApiPropertyOptional({ type: EvidenceDto, description: 'Evidence of that change' })
  readonly metadata?: EvidenceDto;

  @ApiProperty({ type: LastProbeDto, nullable: true })
  readonly lastProbe: LastProbeDto | null;

  @ApiPropertyOptional({
    type: CurrentMaintenanceDto,
    description: 'Active maintenance; of several the one that ends last',
  })
  readonly maintenance?: CurrentMaintenanceDto;

  /** @param seesErrors true: the full text of errors; false: their kind */
  static of(
    { lastChange, lastProbe, maintenance, isPaused, isRemoved, ...status }: ServiceStatusView,
    seesErrors: boolean,
  ): CurrentStatusDto {
    return {
      ...status,
      lastStatusChange: lastChange ? toTimestamp(lastChange.at) : null,
      ...(lastChange ? { metadata: evidenceFor(lastChange.metadata, seesErrors) } : {}),
      lastProbe: lastProbe ? LastProbeDto.of(lastProbe, seesErrors) : null,
      ...(maintenance ? { maintenance: CurrentMaintenanceDto.of(maintenance) } : {}),
      ...UnprobedDto.membersOf({ isPaused, isRemoved }),
    };
  }
}

export class UptimeBoundsDto {
  @ApiProperty({ description: 'Percentage if unknown time counts as down', example: 99.2 })
  readonly low: number;

  @ApiProperty({ description: 'Percentage if unknown time counts as up', example: 99.991 })
  readonly high: number;
}

export class ServiceSummaryDto extends UnprobedDto {
  @ApiProperty({ example: 'http' })
  readonly serviceName: string;

  @ApiProperty({ enum: SERVICE_STATUSES })
  readonly currentStatus: ServiceStatus;

  @ApiPropertyOptional({
    type: [String],
    description: 'Of its stream, then those of the services file',
    example: ['uptime', 'monitoring', 'http'],
  })
  readonly tags: readonly string[];

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Percentage of the time that counts, rounded down to thousandths; null if no time counts',
    example: 99.987,
  })
  readonly uptimePercentage: number | null;

  @ApiProperty({ type: 'integer', description: 'Milliseconds in the window that count as up', example: 86_388_768 })
  readonly totalUptime: number;

  @ApiProperty({ type: 'integer', description: 'Milliseconds in the window that count as down', example: 11_232 })
  readonly totalDowntime: number;

  @ApiProperty({
    type: 'integer',
    description: 'Milliseconds in the window that are unknown: not probed, or not confirmed',
    example: 0,
  })
  readonly totalUnknown: number;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Milliseconds of excluded maintenance; absent if there is none',
    example: 7_200_000,
  })
  readonly totalMaintenance?: number;

  @ApiProperty({
    description: 'Lower and upper bound of the percentage of the window, without excluded maintenance',
  })
  readonly uptimeBounds: UptimeBoundsDto;

  @ApiProperty({ type: String, nullable: true, example: AN_INSTANT })
  readonly lastStatusChange: string | null;

  @ApiProperty({ example: true })
  readonly isCurrentlyUp: boolean;

  @ApiPropertyOptional({
    type: CurrentMaintenanceDto,
    description: 'Active maintenance',
  })
  readonly maintenance?: CurrentMaintenanceDto;

  static of({
    lastChange,
    lastProbe: _,
    maintenance,
    totalMaintenance,
    isPaused,
    isRemoved,
    ...rest
  }: ServiceSummary): ServiceSummaryDto {
    return {
      ...rest,
      lastStatusChange: lastChange ? toTimestamp(lastChange.at) : null,
      ...(totalMaintenance > 0 ? { totalMaintenance } : {}),
      ...(maintenance ? { maintenance: CurrentMaintenanceDto.of(maintenance) } : {}),
      ...UnprobedDto.membersOf({ isPaused, isRemoved }),
    };
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

  @ApiPropertyOptional({
    type: EvidenceDto,
    description: 'Evidence of the status change at startTime, if there is one',
  })
  readonly metadata?: EvidenceDto;

  @ApiPropertyOptional({
    description: 'Id of the event that recorded that change',
    example: 'evt_1769860800000_0c7f2k9x1m3qd',
  })
  readonly eventId?: string;

  @ApiPropertyOptional({ description: 'Maintenance was active', example: true })
  readonly maintenance?: true;

  @ApiPropertyOptional({ description: 'The status comes from a correction', example: true })
  readonly corrected?: true;

  /** @param seesErrors as in {@link CurrentStatusDto.of} */
  static of(
    { status, from, to, change, maintenance, corrected }: TimelineInterval,
    seesErrors: boolean,
  ): TimelineIntervalDto {
    return {
      status,
      startTime: toTimestamp(from),
      endTime: toTimestamp(to),
      duration: to - from,
      ...(change ? { metadata: evidenceFor(change.metadata, seesErrors), eventId: change.eventId } : {}),
      ...(maintenance ? { maintenance } : {}),
      ...(corrected ? { corrected } : {}),
    };
  }
}

export class ServiceTimelineDto extends ServiceSummaryDto {
  @ApiProperty({ example: '2026-01-30T13:00:00.000Z' })
  readonly startTime: string;

  @ApiProperty({ example: '2026-01-31T13:00:00.000Z' })
  readonly endTime: string;

  @ApiProperty({
    type: [TimelineIntervalDto],
    description: 'Cover startTime to endTime without gaps or overlaps',
  })
  readonly timeline: TimelineIntervalDto[];

  /** @param seesErrors as in {@link CurrentStatusDto.of} */
  static withEvidence({ window, intervals, ...summary }: ServiceTimeline, seesErrors: boolean): ServiceTimelineDto {
    return {
      ...ServiceSummaryDto.of(summary),
      startTime: toTimestamp(window.from),
      endTime: toTimestamp(window.to),
      timeline: intervals.map((interval) => TimelineIntervalDto.of(interval, seesErrors)),
    };
  }
}
