import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { TimestampedResponse } from '../../../http/index.js';
import { type StreamCreation } from '../application/index.js';

export class StreamCreationDto implements StreamCreation {
  @ApiProperty({ example: 'http' })
  readonly service: string;

  @ApiProperty({ example: 'service-uptime-http' })
  readonly streamName: string;

  @ApiProperty({ description: 'The stream exists, created now or before' })
  readonly success: boolean;

  @ApiPropertyOptional({ description: 'Name of the stream in KurrentDB', example: 'service-uptime-http' })
  readonly streamId?: string;

  @ApiPropertyOptional({ description: 'Why the stream could not be created' })
  readonly error?: string;
}

export class StreamCreationResponse extends TimestampedResponse {
  @ApiProperty({ example: 'Stream creation completed' })
  readonly message: string;

  @ApiProperty({ type: [StreamCreationDto] })
  readonly results: StreamCreationDto[];
}

export class ConnectionTestDto {
  @ApiProperty({ enum: ['success', 'failed'] })
  readonly connection: 'success' | 'failed';

  @ApiProperty({ enum: ['healthy', 'unhealthy'] })
  readonly health: 'healthy' | 'unhealthy';

  @ApiProperty({ type: 'integer', description: 'Duration of the append and the read in milliseconds', example: 45 })
  readonly responseTime: number;

  @ApiPropertyOptional({ description: 'Why it failed' })
  readonly error?: string;

  @ApiPropertyOptional({ enum: ['full'], description: 'The disk of the store is full: it can be read, not written' })
  readonly storage?: 'full';

  @ApiPropertyOptional({ enum: ['failing'], description: 'The store can be read, but writes have been failing' })
  readonly writes?: 'failing';
}

export class ConnectionTestResponse extends TimestampedResponse {
  @ApiProperty({ example: 'KurrentDB connection test completed' })
  readonly message: string;

  @ApiProperty({ type: ConnectionTestDto })
  readonly results: ConnectionTestDto;
}
