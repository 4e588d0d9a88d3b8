import { ApiProperty } from '@nestjs/swagger';
import { CorrectionDto } from './corrections.dto.js';
import { MaintenanceDto } from './maintenance.dto.js';
import { Answer } from './uptime-answers.dto.js';

export class MaintenanceListAnswer extends Answer {
  @ApiProperty({ type: [MaintenanceDto], description: 'All that was ever scheduled, in that order' })
  readonly maintenance: MaintenanceDto[];
}

export class MaintenanceAnswer extends Answer {
  @ApiProperty({ type: MaintenanceDto })
  readonly maintenance: MaintenanceDto;
}

export class CorrectionsAnswer extends Answer {
  @ApiProperty({
    type: [CorrectionDto],
    description: 'In the order they were made in: where they overlap, the later one holds',
  })
  readonly corrections: CorrectionDto[];
}

export class CorrectionAnswer extends Answer {
  @ApiProperty({ type: CorrectionDto })
  readonly correction: CorrectionDto;
}
