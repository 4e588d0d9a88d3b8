import { ApiProperty } from '@nestjs/swagger';

export class TimestampedResponse {
  @ApiProperty({ description: 'When this was answered', example: '2026-01-31T13:00:00.000Z' })
  readonly timestamp: string;
}
