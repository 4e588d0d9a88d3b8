import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';

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

export class ProblemIssue {
  @ApiProperty({ description: 'What is wrong', example: 'must be a JSON object, got null' })
  readonly detail: string;

  @ApiPropertyOptional({
    description: 'Place in the request body: a JSON pointer (RFC 6901) as a URI fragment',
    example: '#/data',
  })
  readonly pointer?: string;

  @ApiPropertyOptional({ description: 'Otherwise the parameter of the path or query, or the header', example: 'limit' })
  readonly parameter?: string;
}

/** Body of an error response for clients that accept `application/problem+json` (RFC 9457). */
export class ProblemBody extends OmitType(ErrorBody, ['type']) {
  @ApiProperty({
    description: 'URI of the error type, which ends with the `type` of the other body',
    example: 'urn:problem-type:penguin-pool-streams:stream-not-found',
  })
  readonly type: string;

  @ApiProperty({ description: 'Meaning of the type', example: 'The stream does not exist' })
  readonly title: string;

  @ApiProperty({ description: 'Status of the response', type: 'integer', example: 404 })
  readonly status: number;

  @ApiProperty({ description: 'The message', example: "Stream 'service-uptime-http' does not exist" })
  readonly detail: string;

  @ApiProperty({
    description: 'URI of this error, with the id of the request',
    example: `urn:request:${EXAMPLE_REQUEST_ID}`,
  })
  readonly instance: string;

  @ApiPropertyOptional({ description: 'What is wrong with a request that is not valid', type: [ProblemIssue] })
  readonly errors?: readonly ProblemIssue[];
}
