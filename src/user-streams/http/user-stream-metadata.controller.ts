import { Body, Controller, Get, Header, HttpCode, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { type Caller, type AuthenticatedCaller, StreamAuthorizer } from '../../event-store/index.js';
import { Access, ApiErrors, CurrentCaller, CurrentAuthenticatedCaller } from '../../http/index.js';
import { type MetadataChange, UserStreamMetadata, UserStreamQueries, UserStreams } from '../application/index.js';
import { type UserStream, type UserStreamKey } from '../domain/index.js';
import { ChangeMetadataRequest } from './user-stream-requests.dto.js';
import { UserStreamMetadataResponse, WriteResponse } from './user-stream-responses.dto.js';
import { ApiCategory, ApiStreamKey, StreamKey } from './user-stream.params.js';
import {
  ApiPreconditions,
  RequestPreconditions,
  requestedRevision,
  entityTag,
  type Preconditions,
} from './preconditions.js';
import { WriteResponder } from './write-responder.js';

/** Ids of 0.1.0's OpenAPI document: generated clients name their methods after them. */
const operationId = (method: string): string => `UserStreamDetailsController_${method}`;

/** What one stream is, beside its data: who may do what with it, how it is described, whether it is there. */
@ApiTags('user streams')
@ApiStreamKey()
@ApiCategory()
@Controller('api/users/:userId/streams/:type/:category')
export class UserStreamMetadataController {
  constructor(
    private readonly streams: UserStreams,
    private readonly details: UserStreamMetadata,
    private readonly queries: UserStreamQueries,
    private readonly authorizer: StreamAuthorizer,
    private readonly replies: WriteResponder,
  ) {}

  @Get('metadata')
  @Access({ kind: 'stream' })
  @Header('Cache-Control', 'private, no-cache')
  @ApiOperation({
    operationId: operationId('read'),
    summary: 'What a stream is: description, tags, visibility, size; and its permissions for those who may change them',
  })
  @ApiOkResponse({ type: UserStreamMetadataResponse })
  @ApiErrors('validation-error', 'authentication-error', 'stream-not-found', 'stream-deleted', 'connection-error')
  read(
    @StreamKey() key: UserStreamKey,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): UserStreamMetadataResponse {
    return this.#answer(response, caller, this.queries.readable(caller, key));
  }

  @Patch('metadata')
  @Access({ kind: 'authenticated' })
  @ApiOperation({
    operationId: operationId('change'),
    summary: 'Change who may do what with a stream, its description or its tags',
    description: "Takes the right `admin`. They become KurrentDB's `$acl` too. What is not given stays.",
  })
  @ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'Revision that these details must be at, as their ETag says. Otherwise 409 with the current one',
    example: '"0"',
  })
  @ApiOkResponse({ type: UserStreamMetadataResponse })
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
    @Body() body: ChangeMetadataRequest,
    @CurrentAuthenticatedCaller() caller: AuthenticatedCaller,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UserStreamMetadataResponse> {
    const stream = await this.details.change(caller, key, changeOf(body), requestedRevision(request.headers));
    return this.#answer(response, caller, stream);
  }

  @Post('restore')
  @HttpCode(200)
  @Access({ kind: 'authenticated' })
  @ApiOperation({
    operationId: operationId('restore'),
    summary: 'Bring a deleted stream back, as it was',
    description: 'Takes the right `admin`.',
  })
  @ApiPreconditions()
  @ApiOkResponse({ type: WriteResponse })
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
    @CurrentAuthenticatedCaller() caller: AuthenticatedCaller,
    @RequestPreconditions() conditions: Preconditions,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WriteResponse> {
    const outcome = await this.streams.restore({ caller, key, ...conditions });
    return this.replies.answer(response, caller, key, outcome);
  }

  #answer(response: Response, caller: Caller, stream: UserStream): UserStreamMetadataResponse {
    if (stream.metadataRevision !== undefined) response.setHeader('ETag', entityTag(stream.metadataRevision));
    return UserStreamMetadataResponse.ofDetails(stream, this.authorizer.has(caller, 'admin', stream));
  }
}

/** Members that were not given are there all the same, without a value: they must not replace what is. */
function changeOf({ permissions, ...rest }: ChangeMetadataRequest): MetadataChange {
  return { ...given(rest), ...(permissions === undefined ? {} : { permissions: given(permissions) }) };
}

function given<Members extends object>(members: Members): Partial<Members> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<Members>;
}
