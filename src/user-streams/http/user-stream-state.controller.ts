import { Body, Controller, Delete, Get, Patch, Put, Query, Res } from '@nestjs/common';
import { ApiConsumes, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { type Caller, validationError } from '../../event-store/index.js';
import { Access, ApiErrors, CurrentCaller, STREAM_READ_ERRORS, DataBody } from '../../http/index.js';
import { UserStreamQueries, UserStreams, type UserStreamState, type WriteRequest } from '../application/index.js';
import { type UserStreamKey } from '../domain/index.js';
import { ChangeDataRequest, ReplaceDataRequest } from './user-stream-requests.dto.js';
import { UserStreamStateResponse, WriteResponse } from './user-stream-responses.dto.js';
import { StateQuery } from './user-stream-queries.dto.js';
import { ApiStreamKey, StreamKey } from './user-stream.params.js';
import { ApiPreconditions, DATA_WRITE_ERRORS, StreamWrite, entityTag, WRITE_ERRORS } from './preconditions.js';
import { WriteResponder } from './write-responder.js';

/** A path without category refers to the category `default`. */
const STREAM = [':type', ':type/:category'];
const ETAG_USAGE =
  'The revision is the ETag: send it as If-Match to get 412 instead of overwriting a concurrent change.';

@ApiTags('user streams')
@ApiStreamKey()
@Controller('api/users/:userId/streams')
export class UserStreamStateController {
  constructor(
    private readonly streams: UserStreams,
    private readonly queries: UserStreamQueries,
    private readonly responder: WriteResponder,
  ) {}

  @Get(STREAM)
  @Access({ kind: 'stream' })
  @ApiOperation({
    summary: 'The data of a stream, current or earlier',
    description: 'Responds with 404 for a stream that the caller may not read.',
  })
  @ApiOkResponse({ type: UserStreamStateResponse })
  @ApiErrors(...STREAM_READ_ERRORS, 'timeout')
  async read(
    @StreamKey() key: UserStreamKey,
    @Query() query: StateQuery,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UserStreamStateResponse> {
    const state = await this.#stateOf(caller, key, query);
    response.setHeader('ETag', entityTag(state.revision));
    return UserStreamStateResponse.of(state);
  }

  @Put(STREAM)
  @Access({ kind: 'authenticated' })
  @DataBody()
  @ApiOperation({
    summary: 'Replace the data of a stream',
    description: `Creates a private stream if it does not exist. ${ETAG_USAGE}`,
  })
  @ApiPreconditions({ ifNoneMatch: true })
  @ApiOkResponse({ type: WriteResponse })
  @ApiCreatedResponse({ type: WriteResponse, description: 'The stream was created' })
  @ApiErrors(...DATA_WRITE_ERRORS, 'wrong-expected-revision', 'stream-already-exists')
  async replace(
    @StreamWrite() request: WriteRequest,
    @Body() body: ReplaceDataRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WriteResponse> {
    const outcome = await this.streams.replace(request, [{ data: body.data }]);
    return this.responder.respond(response, request, outcome);
  }

  @Patch(STREAM)
  @Access({ kind: 'authenticated' })
  @DataBody()
  @ApiOperation({
    summary: 'Change the data of a stream',
    description: `By a JSON Merge Patch (RFC 7396). ${ETAG_USAGE}`,
  })
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiPreconditions()
  @ApiOkResponse({ type: WriteResponse })
  @ApiErrors(...DATA_WRITE_ERRORS, 'stream-not-found', 'wrong-expected-revision')
  async change(
    @StreamWrite() request: WriteRequest,
    @Body() body: ChangeDataRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WriteResponse> {
    const outcome = await this.streams.change(request, body.data);
    return this.responder.respond(response, request, outcome);
  }

  @Delete(STREAM)
  @Access({ kind: 'authenticated' })
  @ApiOperation({
    summary: 'Delete a stream',
    description:
      'Soft delete: reads return 410, no event is lost, and `POST …/restore` restores the stream. Requires the right `admin`.',
  })
  @ApiPreconditions()
  @ApiOkResponse({ type: WriteResponse })
  @ApiErrors(...WRITE_ERRORS, 'stream-not-found', 'stream-deleted')
  async delete(
    @StreamWrite() request: WriteRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WriteResponse> {
    const outcome = await this.streams.delete(request);
    return this.responder.respond(response, request, outcome);
  }

  async #stateOf(caller: Caller, key: UserStreamKey, { revision, at }: StateQuery): Promise<UserStreamState> {
    if (revision !== undefined && at !== undefined)
      throw validationError([{ path: 'at', problem: 'cannot be combined with revision: give one of them' }]);
    if (revision !== undefined) return this.queries.stateAtRevision(caller, key, BigInt(revision));
    if (at !== undefined) return this.queries.stateAtTime(caller, key, Date.parse(at));
    return this.queries.state(caller, key);
  }
}
