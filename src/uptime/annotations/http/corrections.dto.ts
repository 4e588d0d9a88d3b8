import { toTimestamp } from '../../../common/time.js';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { CORRECTED_STATUSES, type CorrectedStatus, type Correction } from '../../domain/index.js';
import { ReasonProperty, TimestampProperty } from './annotation.properties.js';
import { AgingResponse, TimestampedResponse } from '../../../http/index.js';
import { type CorrectStatusCommand } from '../application/correction.service.js';

const FROM = { description: 'Start of the corrected time', example: '2026-01-31T12:00:00.000Z' };
const TO = { description: 'End, exclusive; not later than now', example: '2026-01-31T12:10:00.000Z' };
const STATUS = {
  enum: CORRECTED_STATUSES,
  description: 'Correct status; `asProbed` removes earlier corrections',
  example: 'up',
};

export class CorrectStatusRequest {
  @TimestampProperty(FROM)
  readonly from: string;

  @TimestampProperty(TO)
  readonly to: string;

  @ApiProperty(STATUS)
  @IsIn(CORRECTED_STATUSES)
  readonly status: CorrectedStatus;

  @ReasonProperty('a false alarm: the prober had lost its network')
  readonly reason: string;
}

/** Command of a request body, with times in epoch milliseconds. */
export function correctStatusCommand({ from, to, status, reason }: CorrectStatusRequest): CorrectStatusCommand {
  return { from: Date.parse(from), to: Date.parse(to), status, reason };
}

export class CorrectionDto {
  @ApiProperty({ example: 'cor_0f6d3c1e9a2b4a448d550c2f' })
  readonly id: string;

  @ApiProperty(FROM)
  readonly from: string;

  @ApiProperty(TO)
  readonly to: string;

  @ApiProperty(STATUS)
  readonly status: CorrectedStatus;

  @ApiProperty({ example: 'a false alarm: the prober had lost its network' })
  readonly reason: string;

  @ApiProperty({ description: "The caller's id", example: 'alice' })
  readonly correctedBy: string;

  static of({ from, to, ...rest }: Correction): CorrectionDto {
    return { ...rest, from: toTimestamp(from), to: toTimestamp(to) };
  }
}

export class CorrectionsResponse extends AgingResponse {
  @ApiProperty({
    type: [CorrectionDto],
    description: 'In the order they were recorded: where they overlap, the later one applies',
  })
  readonly corrections: CorrectionDto[];
}

export class CorrectionResponse extends TimestampedResponse {
  @ApiProperty({ type: CorrectionDto })
  readonly correction: CorrectionDto;
}
