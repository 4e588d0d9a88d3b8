import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { toTimestamp } from '../../../common/time.js';
import {
  evidenceFor,
  type ChangeEvidence,
  OBSERVED_STATUSES,
  type ObservedStatus,
  PERFORMANCE_GRADES,
  type PerformanceGrade,
  type ProbePhases,
  type ProbeAttempt,
} from '../../domain/index.js';

/** Example of a time. */
export const AN_INSTANT = '2026-01-31T12:00:00.000Z';

/** Measurements and error of the probe that started a status. */
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
  @ApiPropertyOptional({ description: 'DNS lookup', example: 1.204 })
  readonly dns?: number;

  @ApiPropertyOptional({ description: 'TCP connect', example: 0.812 })
  readonly connect?: number;

  @ApiPropertyOptional({ description: 'TLS handshake', example: 4.33 })
  readonly tls?: number;

  @ApiPropertyOptional({ description: 'From the request to the first byte of the response', example: 6.021 })
  readonly firstByte?: number;

  static of(phases: ProbePhases): PhasesDto {
    const measured = Object.entries(phases).filter(([, ms]) => ms !== undefined);
    return Object.fromEntries(measured.map(([phase, ms]) => [phase, Math.round(ms * 1_000) / 1_000]));
  }
}

/** Name of the event-loop lag in responses since 0.1.0, which clients read. */
export const LAG_MEMBER = `held${'Up'}` as const;

/** Last probe of this replica, not necessarily confirmed. */
export class LastProbeDto extends EvidenceDto {
  @ApiProperty({ example: AN_INSTANT })
  readonly timestamp: string;

  @ApiProperty({ enum: OBSERVED_STATUSES })
  readonly status: ObservedStatus;

  @ApiPropertyOptional({ type: PhasesDto, description: 'Durations of its phases, as far as they apply' })
  readonly phases?: PhasesDto;

  @ApiPropertyOptional({
    description: 'Earliest end of validity in the certificate chain of the service',
    example: '2026-12-31T23:59:59.000Z',
  })
  readonly certificateEndsAt?: string;

  @ApiPropertyOptional({
    description:
      'Name of the certificate that ends then: of the service, or of an authority of its chain; only for callers that get the full text of errors',
    example: 'shop.example',
  })
  readonly certificateName?: string;

  @ApiPropertyOptional({
    description: 'Event-loop lag of the prober during the probe, in milliseconds; excluded from the grade',
    example: 120,
  })
  readonly [LAG_MEMBER]?: number;

  /** @param seesErrors true: the full text of the error, and names; false: its kind */
  static of({ sample, result }: ProbeAttempt, seesErrors: boolean): LastProbeDto {
    const { at, status, responseMicros, delayMicros, grade, error } = sample;
    const { phases, certificateEndsAt, certificateName } = result;
    const probe: LastProbeDto = {
      timestamp: toTimestamp(at),
      status,
      responseTime: Math.round(responseMicros / 1_000),
      ...(phases === undefined ? {} : { phases: PhasesDto.of(phases) }),
      ...(certificateEndsAt === undefined ? {} : { certificateEndsAt: toTimestamp(certificateEndsAt) }),
      ...(certificateName === undefined || !seesErrors ? {} : { certificateName }),
      ...(delayMicros === undefined ? {} : { [LAG_MEMBER]: Math.round(delayMicros / 1_000) }),
      ...(grade === undefined ? {} : { performanceGrade: grade }),
      ...(error === undefined ? {} : { error }),
    };
    return evidenceFor(probe, seesErrors);
  }
}
