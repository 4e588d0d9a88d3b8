import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export const EXAMPLE_REQUEST_ID = '0f6d3c1e-9a2b-4a44-8d55-0c2f5c1f4a11';

/** Body of every error response. */
export class ErrorBody {
  @ApiProperty({ description: 'Name of the error', example: 'StreamNotFoundError' })
  readonly error: string;

  @ApiProperty({
    description: 'Human-readable explanation and remedy',
    example: "Stream 'service-uptime-http' does not exist",
  })
  readonly message: string;

  @ApiPropertyOptional({ description: 'Stream that the error concerns', example: 'service-uptime-http' })
  readonly streamName?: string;

  @ApiProperty({ description: 'Error type for programs; stable', example: 'stream-not-found' })
  readonly type: string;

  @ApiPropertyOptional({ description: 'Machine-readable details', type: 'object', additionalProperties: true })
  readonly details?: Readonly<Record<string, unknown>>;

  @ApiProperty({
    description: 'Id of the request, as in its log lines and in the header X-Request-Id',
    example: EXAMPLE_REQUEST_ID,
  })
  readonly requestId: string;
}
