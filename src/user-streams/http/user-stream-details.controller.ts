import { Body, Controller, Get, Header, HttpCode, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { type Caller, type KnownCaller, StreamGuard } from '../../event-store/index.js';
import { Access, ApiErrors, CurrentCaller, CurrentKnownCaller } from '../../http/index.js';
import { type DetailsChange, UserStreamDetails, UserStreamQueries, UserStreams } from '../application/index.js';
import { type UserStream, type UserStreamKey } from '../domain/index.js';
import { ChangeDetailsBody } from './user-stream-bodies.dto.js';
import { UserStreamDetailsAnswer, WriteAnswer } from './user-stream-answers.dto.js';
import { ApiCategory, ApiStreamKey, StreamKey } from './user-stream.params.js';
import {
  ApiWriteConditions,
  Conditions,
  demandedRevision,
  entityTag,
  type WriteConditions,
} from './write-conditions.js';
import { WriteReplies } from './write-replies.js';

/** What one stream is, beside its data: who may do what with it, how it is described, whether it is there. */
@ApiTags('user streams')
@ApiStreamKey()
@ApiCategory()
@Controller('api/users/:userId/streams/:type/:category')
export class UserStreamDetailsController {
  constructor(
    private readonly streams: UserStreams,
    private readonly details: UserStreamDetails,
    private readonly queries: UserStreamQueries,
    private readonly guard: StreamGuard,
    private readonly replies: WriteReplies,
  ) {}

  @Get('metadata')
  @Access({ kind: 'stream' })
  @Header('Cache-Control', 'private, no-cache')
  @ApiOperation({
    summary: 'What a stream is: description, tags, visibility, size; and its permissions for those who may change them',
  })
  @ApiOkResponse({ type: UserStreamDetailsAnswer })
  @ApiErrors('validation-error', 'authentication-error', 'stream-not-found', 'stream-deleted', 'connection-error')
  read(
    @StreamKey() key: UserStreamKey,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): UserStreamDetailsAnswer {
    return this.#answer(response, caller, this.queries.readable(caller, key));
  }

  @Patch('metadata')
  @Access({ kind: 'authenticated' })
  @ApiOperation({
    summary: 'Change who may do what with a stream, its description or its tags',
    description: "Takes the right `admin`. They become KurrentDB's `$acl` too. What is not given stays.",
  })
  @ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'Revision that these details must be at, as their ETag says. Otherwise 409 with the current one',
    example: '"0"',
  })
  @ApiOkResponse({ type: UserStreamDetailsAnswer })
  @ApiErrors(
    'validation-error',
    'authentication-error',
    'permission-error',
    'stream-not-found',
    'wrong-expected-revision',
    'stream-deleted',
    'unsupported-media-type',
    'connection-error',
    'timeout',
  )
  async change(
    @StreamKey() key: UserStreamKey,
    @Body() body: ChangeDetailsBody,
    @CurrentKnownCaller() caller: KnownCaller,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UserStreamDetailsAnswer> {
    const stream = await this.details.change(caller, key, changeOf(body), demandedRevision(request.headers));
    return this.#answer(response, caller, stream);
  }

  @Post('restore')
  @HttpCode(200)
  @Access({ kind: 'authenticated' })
  @ApiOperation({ summary: 'Bring a deleted stream back, as it was', description: 'Takes the right `admin`.' })
  @ApiWriteConditions()
  @ApiOkResponse({ type: WriteAnswer })
  @ApiErrors(
    'validation-error',
    'authentication-error',
    'permission-error',
    'stream-not-found',
    'stream-already-exists',
    'wrong-expected-revision',
    'connection-error',
    'timeout',
  )
  async restore(
    @StreamKey() key: UserStreamKey,
    @CurrentKnownCaller() caller: KnownCaller,
    @Conditions() conditions: WriteConditions,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WriteAnswer> {
    const outcome = await this.streams.restore({ caller, key, ...conditions });
    return this.replies.answer(response, caller, key, outcome);
  }

  #answer(response: Response, caller: Caller, stream: UserStream): UserStreamDetailsAnswer {
    if (stream.metadataRevision !== undefined) response.setHeader('ETag', entityTag(stream.metadataRevision));
    return UserStreamDetailsAnswer.ofDetails(stream, this.guard.has(caller, 'admin', stream));
  }
}

/** Members that were not given are there all the same, without a value: they must not replace what is. */
function changeOf({ permissions, ...rest }: ChangeDetailsBody): DetailsChange {
  return { ...given(rest), ...(permissions === undefined ? {} : { permissions: given(permissions) }) };
}

function given<Members extends object>(members: Members): Partial<Members> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<Members>;
}
