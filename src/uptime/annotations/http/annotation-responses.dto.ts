import { TimestampedResponse } from '../../../http/index.js';
import { ApiProperty } from '@nestjs/swagger';
import { CorrectionDto } from './corrections.dto.js';
import { MaintenanceDto } from './maintenance.dto.js';

export class MaintenanceListResponse extends TimestampedResponse {
  @ApiProperty({ type: [MaintenanceDto], description: 'All that was ever scheduled, in that order' })
  readonly maintenance: MaintenanceDto[];
}

export class MaintenanceResponse extends TimestampedResponse {
  @ApiProperty({ type: MaintenanceDto })
  readonly maintenance: MaintenanceDto;
}

export class CorrectionsResponse extends TimestampedResponse {
  @ApiProperty({
    type: [CorrectionDto],
    description: 'In the order they were made in: where they overlap, the later one holds',
  })
  readonly corrections: CorrectionDto[];
}

export class CorrectionResponse extends TimestampedResponse {
  @ApiProperty({ type: CorrectionDto })
  readonly correction: CorrectionDto;
}
