import { Body, Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import {
  type Caller,
  type AuthenticatedCaller,
  bodyIssue,
  ValidationError,
  validationError,
} from '../../event-store/index.js';
import { Access, ApiErrors, CurrentCaller, CurrentAuthenticatedCaller, DataBody } from '../../http/index.js';
import { UserStreamQueries, UserStreams } from '../application/index.js';
import { initialMetadataOf, streamNameOf } from '../domain/index.js';
import { CreateUserStreamRequest, WriteStreamsRequest } from './user-stream-requests.dto.js';
import { UserStreamDto, UserStreamsResponse, WriteResponse, WritesResponse } from './user-stream-responses.dto.js';
import { ListUserStreamsQuery } from './user-stream-queries.dto.js';
import { ApiUserId, keyOf, UserId } from './user-stream.params.js';
import { ApiPreconditions, DATA_WRITE_ERRORS, RequestPreconditions, type Preconditions } from './preconditions.js';
import { WriteResponder } from './write-responder.js';

@ApiTags('user streams')
@ApiUserId()
@Controller('api/users/:userId/streams')
export class UserStreamsController {
  constructor(
    private readonly streams: UserStreams,
    private readonly queries: UserStreamQueries,
    private readonly responder: WriteResponder,
  ) {}

  @Get()
  @Access({ kind: 'stream' })
  @ApiOperation({
    summary: 'The streams of a user',
    description: 'Streams that the caller may read: all of them for the user, public ones for everyone.',
  })
  @ApiOkResponse({ type: UserStreamsResponse })
  @ApiErrors('validation-error', 'authentication-error', 'connection-error')
  async list(
    @UserId() userId: string,
    @Query() { limit, after, ...filter }: ListUserStreamsQuery,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UserStreamsResponse> {
    this.responder.setQuotaHeaders(response, caller, userId);
    const { streams, nextAfter } = await this.queries.list(caller, userId, filter, limit, after);
    return { streams: streams.map((stream) => UserStreamDto.of(stream)), nextAfter: nextAfter ?? null };
  }

  @Post()
  @Access({ kind: 'authenticated' })
  @DataBody()
  @ApiOperation({
    summary: 'Create a stream',
    description: 'Private by default. `PUT` on the stream also creates it, with default metadata.',
  })
  @ApiPreconditions()
  @ApiCreatedResponse({
    type: WriteResponse,
    headers: { Location: { description: 'URL of the stream', schema: { type: 'string' } } },
  })
  @ApiErrors(...DATA_WRITE_ERRORS, 'stream-already-exists')
  async create(
    @UserId() userId: string,
    @Body() body: CreateUserStreamRequest,
    @CurrentAuthenticatedCaller() caller: AuthenticatedCaller,
    @RequestPreconditions() conditions: Preconditions,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WriteResponse> {
    if (conditions.precondition.kind === 'revision' || conditions.precondition.kind === 'exists')
      throw validationError([{ path: 'If-Match', problem: 'must be omitted: a new stream has no revision' }]);
    const { type, category, visibility, description, tags, data } = body;
    const key = keyOf({ userId, type, category });
    const metadata = initialMetadataOf(key, {
      ...(description === undefined ? {} : { description }),
      ...(tags === undefined ? {} : { tags }),
      isPublic: visibility === 'public',
    });
    const outcome = await this.streams.create({ caller, key, ...conditions }, metadata, data);
    response.setHeader('Location', `/api/users/${encodeURIComponent(userId)}/streams/${type}/${key.category}`);
    return this.responder.respond(response, { caller, key }, outcome);
  }

  @Post('batch')
  @HttpCode(200)
  @Access({ kind: 'authenticated' })
  @DataBody()
  @ApiOperation({
    summary: 'Write to several streams in one atomic write',
    description:
      'Each write replaces the data of its stream, and creates the stream if it does not exist. Requires KurrentDB 25.1 or later, or the embedded one.',
  })
  @ApiOkResponse({ type: WritesResponse })
  @ApiErrors(...DATA_WRITE_ERRORS, 'wrong-expected-revision')
  async writeAll(
    @UserId() userId: string,
    @Body() { writes }: WriteStreamsRequest,
    @CurrentAuthenticatedCaller() caller: AuthenticatedCaller,
    @RequestPreconditions() { precondition, ...conditions }: Preconditions,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WritesResponse> {
    if (precondition.kind !== 'none')
      throw validationError([
        {
          path: 'If-Match',
          problem: 'cannot apply to several streams; set expectedRevision in each write instead',
        },
      ]);
    const replacements = writes.map(({ type, category, data, expectedRevision }, index) => ({
      request: {
        caller,
        key: keyOf({ userId, type, category }),
        precondition:
          expectedRevision === undefined
            ? ({ kind: 'none' } as const)
            : ({ kind: 'revision', revision: BigInt(expectedRevision) } as const),
        ...conditions,
      },
      data: [{ data, within: `writes.${index}` }],
    }));
    const names = replacements.map(({ request: { key } }) => streamNameOf(key));
    const duplicate = names.findIndex((name, index) => names.indexOf(name) !== index);
    if (duplicate >= 0)
      throw new ValidationError(
        `The request is not valid: writes.${duplicate}: stream '${names[duplicate]}' has another write; ` +
          'append several events to one stream with POST …/events',
        { issues: [bodyIssue(`writes.${duplicate}`, 'duplicates a write to the same stream')] },
      );
    const outcomes = await this.streams.replaceAll(replacements);
    this.responder.setQuotaHeaders(response, caller, userId);
    return { results: outcomes.map((outcome) => WriteResponse.of(outcome)) };
  }
}
