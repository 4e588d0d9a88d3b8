import { TimestampedResponse } from '../../../http/index.js';
import { ApiProperty } from '@nestjs/swagger';
import { CorrectionDto } from './corrections.dto.js';
import { MaintenanceDto } from './maintenance.dto.js';

export class MaintenanceListResponse extends TimestampedResponse {
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

export class CorrectionsResponse extends TimestampedResponse {
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
