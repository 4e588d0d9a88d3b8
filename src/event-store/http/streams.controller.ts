import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../../http/index.js';
import { assertStreamName, type EventStore, identifyStream, StreamNotFoundError } from '../domain/index.js';
import { EVENT_STORE } from '../tokens.js';
import { ReadEventsQuery } from './read-events.query.js';
import { StreamEventDto, StreamEventsDto, toJsonInteger } from './stream-events.dto.js';

@ApiTags('streams')
@Controller('api/streams')
export class StreamsController {
  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  @Get(':streamName/events')
  @ApiOperation({ summary: 'Read the events of a stream, page by page', description: 'Streams of service uptime are open to all; any other stream answers as if it did not exist.' })
  @ApiParam({ name: 'streamName', example: 'service-uptime-http' })
  @ApiOkResponse({ type: StreamEventsDto })
  @ApiErrors('validation-error', 'stream-not-found', 'stream-deleted', 'connection-error', 'timeout')
  async readEvents(@Param('streamName') streamName: string, @Query() { from, limit, direction }: ReadEventsQuery): Promise<StreamEventsDto> {
    assertStreamName(streamName);
    if (identifyStream(streamName).kind !== 'service-uptime') throw new StreamNotFoundError(streamName);
    // One more than asked for tells whether there is a next page, and where it begins.
    const read = await this.store.readStream(streamName, { ...(from === undefined ? {} : { from: BigInt(from) }), limit: limit + 1, direction });
    const next = read[limit];
    return { streamName, direction, events: read.slice(0, limit).map((event) => StreamEventDto.of(event)), nextFrom: next ? toJsonInteger(next.revision) : null };
  }
}
