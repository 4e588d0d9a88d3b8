import { toTimestamp } from '../../../common/time.js';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  type ChangeEvidence,
  type MaintenanceOccurrence,
  OBSERVED_STATUSES,
  type ObservedStatus,
  PERFORMANCE_GRADES,
  type PerformanceGrade,
  SERVICE_STATUSES,
  type ServiceStatus,
  type ProbePhases,
  type ProbeAttempt,
} from '../../domain/index.js';
import {
  type CurrentStatus,
  type ServiceSummary,
  type ServiceTimeline,
  type TimelineInterval,
} from '../application/uptime-queries.js';

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

/** Milliseconds to the thousandth. */
export class PhasesDto implements ProbePhases {
  @ApiPropertyOptional({ description: 'Looking up the name', example: 1.204 })
  readonly dns?: number;

  @ApiPropertyOptional({ description: 'Making the connection', example: 0.812 })
  readonly connect?: number;

  @ApiPropertyOptional({ description: 'The TLS handshake', example: 4.33 })
  readonly tls?: number;

  @ApiPropertyOptional({ description: 'From the request to the first byte of the answer', example: 6.021 })
  readonly firstByte?: number;

  static of({ dns, connect, tls, firstByte }: ProbePhases): PhasesDto {
    return {
      ...rounded('dns', dns),
      ...rounded('connect', connect),
      ...rounded('tls', tls),
      ...rounded('firstByte', firstByte),
    };
  }
}

function rounded(phase: keyof ProbePhases, milliseconds: number | undefined): ProbePhases {
  return milliseconds === undefined ? {} : { [phase]: Math.round(milliseconds * 1_000) / 1_000 };
}

/** Name of the event-loop lag in responses since 0.1.0, which clients read. */
export const LAG_MEMBER = `held${'Up'}` as const;

/** The last probe that this replica made; not confirmed by others yet. */
export class LastProbeDto extends EvidenceDto {
  @ApiProperty({ example: AN_INSTANT })
  readonly timestamp: string;

  @ApiProperty({ enum: OBSERVED_STATUSES })
  readonly status: ObservedStatus;

  @ApiPropertyOptional({ type: PhasesDto, description: 'What the parts of it took, as far as it had them' })
  readonly phases?: PhasesDto;

  @ApiPropertyOptional({ description: 'When the certificate ends that was shown', example: '2026-12-31T23:59:59.000Z' })
  readonly certificateEndsAt?: string;

  @ApiPropertyOptional({
    description: 'Event-loop lag of the prober during the probe, in milliseconds; it does not count for the grade',
    example: 120,
  })
  readonly [LAG_MEMBER]?: number;

  static of({
    sample: { at, status, responseMicros, delayMicros, grade, error },
    answer: { phases, certificateEndsAt },
  }: ProbeAttempt): LastProbeDto {
    return {
      timestamp: toTimestamp(at),
      status,
      responseTime: Math.round(responseMicros / 1_000),
      ...(phases === undefined ? {} : { phases: PhasesDto.of(phases) }),
      ...(certificateEndsAt === undefined ? {} : { certificateEndsAt: toTimestamp(certificateEndsAt) }),
      ...(delayMicros === undefined ? {} : { [LAG_MEMBER]: Math.round(delayMicros / 1_000) }),
      ...(grade === undefined ? {} : { performanceGrade: grade }),
      ...(error === undefined ? {} : { error }),
    };
  }
}

/** The maintenance that goes on now. */
export class CurrentMaintenanceDto {
  @ApiProperty({ example: 'mnt_0f6d3c1e9a2b4a448d550c2f' })
  readonly id: string;

  @ApiProperty({ description: 'When this occurrence of it ends', example: '2026-01-31T14:00:00.000Z' })
  readonly until: string;

  @ApiProperty({ example: 'a new disk' })
  readonly reason: string;

  static of({ window: { id, reason }, to }: MaintenanceOccurrence): CurrentMaintenanceDto {
    return { id, until: toTimestamp(to), reason };
  }
}

export class CurrentStatusDto {
  @ApiProperty({ example: 'http' })
  readonly serviceName: string;

  @ApiProperty({ enum: SERVICE_STATUSES, description: '`unknown` where nobody probes it at the moment' })
  readonly currentStatus: ServiceStatus;

  @ApiProperty({
    type: String,
    nullable: true,
    example: AN_INSTANT,
    description: 'Since when the status that was confirmed last holds; null where none ever was',
  })
  readonly lastStatusChange: string | null;

  @ApiPropertyOptional({ type: EvidenceDto, description: 'What was seen then' })
  readonly metadata?: EvidenceDto;

  @ApiProperty({ type: LastProbeDto, nullable: true })
  readonly lastProbe: LastProbeDto | null;

  @ApiPropertyOptional({
    type: CurrentMaintenanceDto,
    description: 'The maintenance that goes on now, where there is one; of several the one that ends last',
  })
  readonly maintenance?: CurrentMaintenanceDto;

  static of({ serviceName, currentStatus, lastChange, lastProbe, maintenance }: CurrentStatus): CurrentStatusDto {
    return {
      serviceName,
      currentStatus,
      lastStatusChange: lastChange ? toTimestamp(lastChange.at) : null,
      ...(lastChange ? { metadata: lastChange.metadata } : {}),
      lastProbe: lastProbe ? LastProbeDto.of(lastProbe) : null,
      ...(maintenance ? { maintenance: CurrentMaintenanceDto.of(maintenance) } : {}),
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

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Of the time that counts, rounded down to thousandths; null where none does',
    example: 99.987,
  })
  readonly uptimePercentage: number | null;

  @ApiProperty({ type: 'integer', description: 'Milliseconds in the window that count as up', example: 86_388_768 })
  readonly totalUptime: number;

  @ApiProperty({ type: 'integer', description: 'Milliseconds in the window that count as down', example: 11_232 })
  readonly totalDowntime: number;

  @ApiProperty({
    type: 'integer',
    description: 'Milliseconds in the window that nobody knows about: not probed, or not confirmed',
    example: 0,
  })
  readonly totalUnknown: number;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Milliseconds of maintenance that count as none of the three; absent where there are none',
    example: 7_200_000,
  })
  readonly totalMaintenance?: number;

  @ApiProperty({
    description: 'What the percentage of the whole window, without that maintenance, is at least and at most',
  })
  readonly uptimeBounds: UptimeBoundsDto;

  @ApiProperty({ type: String, nullable: true, example: AN_INSTANT })
  readonly lastStatusChange: string | null;

  @ApiProperty({ example: true })
  readonly isCurrentlyUp: boolean;

  @ApiPropertyOptional({
    type: CurrentMaintenanceDto,
    description: 'The maintenance that goes on now, where there is one',
  })
  readonly maintenance?: CurrentMaintenanceDto;

  static of({
    serviceName,
    currentStatus,
    uptimePercentage,
    totalUptime,
    totalDowntime,
    totalUnknown,
    totalMaintenance,
    uptimeBounds,
    lastChange,
    isCurrentlyUp,
    maintenance,
  }: ServiceSummary): ServiceSummaryDto {
    const lastStatusChange = lastChange ? toTimestamp(lastChange.at) : null;
    return {
      serviceName,
      currentStatus,
      uptimePercentage,
      totalUptime,
      totalDowntime,
      totalUnknown,
      ...(totalMaintenance > 0 ? { totalMaintenance } : {}),
      uptimeBounds,
      lastStatusChange,
      isCurrentlyUp,
      ...(maintenance ? { maintenance: CurrentMaintenanceDto.of(maintenance) } : {}),
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
    description: 'What was seen at startTime, where the interval began with a change',
  })
  readonly metadata?: EvidenceDto;

  @ApiPropertyOptional({
    description: 'The event that recorded that change',
    example: 'evt_1769860800000_0c7f2k9x1m3qd',
  })
  readonly eventId?: string;

  @ApiPropertyOptional({ description: 'There was maintenance', example: true })
  readonly maintenance?: true;

  @ApiPropertyOptional({ description: 'The status is what a correction says, whatever was probed', example: true })
  readonly corrected?: true;

  static of({ status, from, to, change, maintenance, corrected }: TimelineInterval): TimelineIntervalDto {
    return {
      status,
      startTime: toTimestamp(from),
      endTime: toTimestamp(to),
      duration: to - from,
      ...(change ? { metadata: change.metadata, eventId: change.eventId } : {}),
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
    description: 'They follow one another from startTime to endTime without gap or overlap',
  })
  readonly timeline: TimelineIntervalDto[];

  static override of(service: ServiceTimeline): ServiceTimelineDto {
    const { window, intervals } = service;
    return {
      ...ServiceSummaryDto.of(service),
      startTime: toTimestamp(window.from),
      endTime: toTimestamp(window.to),
      timeline: intervals.map((interval) => TimelineIntervalDto.of(interval)),
    };
  }
}
