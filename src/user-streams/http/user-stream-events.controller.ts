import { Body, Controller, Get, Headers, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { parseRevision } from '../../common/revision.js';
import { type Caller, EventPages, ValidationError } from '../../event-store/index.js';
import {
  Access,
  ApiErrors,
  CurrentCaller,
  Produces,
  readEventPage,
  ReadEventsQuery,
  StreamEventsDto,
  STREAM_READ_ERRORS,
  DataBody,
} from '../../http/index.js';
import { UserStreamFeed, UserStreamQueries, UserStreams, type WriteRequest } from '../application/index.js';
import { type UserStreamKey } from '../domain/index.js';
import { SseConnections } from './sse-connections.js';
import { AppendDataRequest } from './user-stream-requests.dto.js';
import { WriteResponse } from './user-stream-responses.dto.js';
import { FeedQuery } from './user-stream-queries.dto.js';
import { ApiCategory, ApiStreamKey, StreamKey } from './user-stream.params.js';
import { ApiPreconditions, DATA_WRITE_ERRORS, StreamWrite } from './preconditions.js';
import { WriteResponder } from './write-responder.js';

@ApiTags('user streams')
@ApiStreamKey()
@ApiCategory()
@Controller('api/users/:userId/streams/:type/:category')
export class UserStreamEventsController {
  constructor(
    private readonly streams: UserStreams,
    private readonly queries: UserStreamQueries,
    private readonly feed: UserStreamFeed,
    private readonly sse: SseConnections,
    private readonly pages: EventPages,
    private readonly responder: WriteResponder,
  ) {}

  @Get('history')
  @Access({ kind: 'stream' })
  @ApiOperation({ summary: 'All events of a stream, page by page, both ways' })
  @ApiOkResponse({ type: StreamEventsDto })
  @ApiErrors(...STREAM_READ_ERRORS, 'timeout')
  async history(
    @StreamKey() key: UserStreamKey,
    @Query() query: ReadEventsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<StreamEventsDto> {
    const { name } = await this.queries.readable(caller, key);
    return readEventPage(this.pages, name, query);
  }

  @Post('events')
  @HttpCode(200)
  @Access({ kind: 'authenticated' })
  @DataBody()
  @ApiOperation({
    summary: 'Append several events in one atomic write',
    description: 'Each event replaces all of the data. Creates a private stream if it does not exist.',
  })
  @ApiPreconditions({ ifNoneMatch: true })
  @ApiOkResponse({ type: WriteResponse })
  @ApiCreatedResponse({ type: WriteResponse, description: 'The stream was created' })
  @ApiErrors(...DATA_WRITE_ERRORS, 'wrong-expected-revision', 'stream-already-exists')
  async append(
    @StreamWrite() request: WriteRequest,
    @Body() { events }: AppendDataRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WriteResponse> {
    const outcome = await this.streams.replace(
      request,
      events.map(({ data }, index) => ({ data, within: `events.${index}` })),
    );
    return this.responder.respond(response, request, outcome);
  }

  @Get('feed')
  @Access({ kind: 'stream' })
  @ApiOperation({
    summary: 'The events of a stream as they are recorded',
    description:
      'Server-sent events: `id` is the revision, `event` the type, `data` an event as in the history. A client that reconnects with Last-Event-ID misses no event. The feed ends when the stream is deleted, when the caller loses the right to read it, and when the credentials expire or are revoked; its last comment says why.',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Revision of the last event received',
    example: '4',
  })
  @Produces('text/event-stream')
  @ApiOkResponse({
    content: {
      'text/event-stream': {
        schema: { type: 'string' },
        example:
          'id: 4\nevent: UserDataUpdated\ndata: {"revision":4,"type":"UserDataUpdated","data":{"data":{"displayName":"Alice"}}}\n\n',
      },
    },
  })
  @ApiErrors(...STREAM_READ_ERRORS)
  follow(
    @StreamKey() key: UserStreamKey,
    @Query() { from }: FeedQuery,
    @CurrentCaller() caller: Caller,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const beforeFrom = from === undefined ? undefined : BigInt(from) - 1n;
    const after = lastEventId === undefined || lastEventId === '' ? beforeFrom : revisionOf(lastEventId);
    return this.sse.serve(request, response, caller, (reader, signal) =>
      this.feed.follow(caller, reader, key, after, signal),
    );
  }
}

function revisionOf(lastEventId: string): bigint {
  const revision = parseRevision(lastEventId);
  if (revision === undefined)
    throw new ValidationError(
      'The request is not valid: Last-Event-ID must be a revision, the id of an event of this feed',
      { issues: [{ path: 'Last-Event-ID', problem: 'must be a revision' }] },
    );
  return revision;
}
