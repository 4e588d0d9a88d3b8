import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { type JsonInteger, toJsonInteger } from '../../common/revision.js';
import { toTimestamp } from '../../common/time.js';
import { type EventMetadata, isEvent, type RecordedEvent, StreamCreated } from '../../event-store/domain/index.js';

export class StreamEventDto {
  @ApiProperty({
    description: 'Revision of the event in the stream, from 0; a string beyond 2^53',
    example: 1,
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  })
  readonly revision: JsonInteger;

  @ApiProperty({ example: 'evt_1763949600000_5v0c3qk8d1m2p7ra' })
  readonly eventId: string;

  @ApiProperty({ example: 'ServiceStatusChanged' })
  readonly type: string;

  @ApiProperty({
    description: 'JSON, or a base64 string if `encoding` is `base64`',
    example: { serviceName: 'http', status: 'up' },
  })
  readonly data: unknown;

  @ApiPropertyOptional({ description: 'Present if the event is not JSON', enum: ['base64'] })
  readonly encoding?: 'base64';

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { schemaVersion: 1, source: 'penguin-pool-streams/uptime' },
  })
  readonly metadata: EventMetadata;

  @ApiProperty({ description: 'Time at which the event occurred', example: '2026-11-24T02:00:00.000Z' })
  readonly timestamp: string;

  @ApiProperty({ description: 'Time at which the store recorded the event', example: '2026-11-24T02:00:00.012Z' })
  readonly created: string;

  static of(event: RecordedEvent): StreamEventDto {
    const { revision, eventId, type, timestamp, created } = event;
    return {
      revision: toJsonInteger(revision),
      eventId,
      type,
      ...payloadOf(event),
      metadata: publicMetadataOf(event),
      timestamp,
      created: toTimestamp(created),
    };
  }
}

function payloadOf(event: RecordedEvent): { readonly data: unknown; readonly encoding?: 'base64' } {
  if (event.data instanceof Uint8Array) return { data: Buffer.from(event.data).toString('base64'), encoding: 'base64' };
  if (!isEvent(event, StreamCreated)) return { data: event.data };
  // Permissions are visible only to callers that may change them, not to every reader.
  const { permissions: _, ...data } = event.data;
  return { data };
}

/** Omits the members that only serve idempotency. */
function publicMetadataOf({ metadata }: RecordedEvent): EventMetadata {
  const { requestKey: _, fingerprint: __, ...rest } = metadata;
  return rest;
}

export class StreamEventsDto {
  @ApiProperty({ example: 'service-uptime-http' })
  readonly streamName: string;

  @ApiProperty({ enum: ['forwards', 'backwards'] })
  readonly direction: string;

  @ApiProperty({ type: [StreamEventDto] })
  readonly events: readonly StreamEventDto[];

  @ApiProperty({
    description: '`from` of the next page in the same direction; null on the last page',
    nullable: true,
    oneOf: [{ type: 'integer' }, { type: 'string' }],
    example: 100,
  })
  readonly nextFrom: JsonInteger | null;
}
