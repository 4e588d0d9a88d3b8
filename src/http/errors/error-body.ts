import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** The body of every answer that is an error (DESIGN, "Errors"). */
export class ErrorBody {
  @ApiProperty({ description: 'Name of the error', example: 'StreamNotFoundError' })
  readonly error: string;

  @ApiProperty({
    description: 'What went wrong and what to do about it, for a person',
    example: "Stream 'service-uptime-http' does not exist",
  })
  readonly message: string;

  @ApiPropertyOptional({ description: 'The stream it is about', example: 'service-uptime-http' })
  readonly streamName?: string;

  @ApiProperty({ description: 'Kind of the error, for programs', example: 'stream-not-found' })
  readonly type: string;

  @ApiPropertyOptional({ description: 'Facts to act on', type: 'object', additionalProperties: true })
  readonly details?: Readonly<Record<string, unknown>>;

  @ApiProperty({
    description: 'Found in the log lines of this request and in the header X-Request-Id',
    example: '0f6d3c1e-9a2b-4a44-8d55-0c2f5c1f4a11',
  })
  readonly requestId: string;
}
