import { AgingResponse } from '../../../http/index.js';
import { ApiProperty } from '@nestjs/swagger';
import { CurrentStatusDto, ServiceSummaryDto, ServiceTimelineDto } from './uptime.dto.js';

class PeriodResponse extends AgingResponse {
  @ApiProperty({
    description: 'Length of the window that ends now; with `from` or `to`, its ends as an ISO 8601 interval',
    example: '24 hours',
  })
  readonly period: string;
}

export class StatusResponse extends AgingResponse {
  @ApiProperty({ type: [CurrentStatusDto] })
  readonly services: CurrentStatusDto[];
}

export class SummaryResponse extends PeriodResponse {
  @ApiProperty({ type: [ServiceSummaryDto] })
  readonly services: ServiceSummaryDto[];
}

export class ServiceResponse extends PeriodResponse {
  @ApiProperty({ type: ServiceSummaryDto })
  readonly service: ServiceSummaryDto;
}

export class TimelineResponse extends PeriodResponse {
  @ApiProperty({ type: ServiceTimelineDto })
  readonly timeline: ServiceTimelineDto;
}
