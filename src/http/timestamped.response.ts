import { ApiProperty } from '@nestjs/swagger';

export class TimestampedResponse {
  @ApiProperty({ description: 'Time of the response', example: '2026-01-31T13:00:00.000Z' })
  readonly timestamp: string;
}
