import { Body, Controller, Get, HttpCode, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { type Caller, type AuthenticatedCaller, StreamAuthorizer } from '../../event-store/index.js';
import { Access, ApiErrors, CurrentCaller, CurrentAuthenticatedCaller, STREAM_READ_ERRORS } from '../../http/index.js';
import {
  type MetadataChange,
  UserStreamMetadata,
  UserStreamQueries,
  UserStreams,
  type WriteRequest,
} from '../application/index.js';
import { type UserStream, type UserStreamKey } from '../domain/index.js';
import { ChangeMetadataRequest } from './user-stream-requests.dto.js';
import { UserStreamMetadataResponse, WriteResponse } from './user-stream-responses.dto.js';
import { ApiCategory, ApiStreamKey, StreamKey } from './user-stream.params.js';
import {
  ApiMetadataPrecondition,
  ApiPreconditions,
  StreamWrite,
  requestedRevision,
  entityTag,
  WRITE_ERRORS,
} from './preconditions.js';
import { WriteResponder } from './write-responder.js';

/** Operation ids of the 0.1.0 OpenAPI document, because generated clients derive their method names from them. */
const operationId = (method: string): string => `UserStreamDetailsController_${method}`;

@ApiTags('user streams')
@ApiStreamKey()
@ApiCategory()
@Controller('api/users/:userId/streams/:type/:category')
export class UserStreamMetadataController {
  constructor(
    private readonly streams: UserStreams,
    private readonly metadata: UserStreamMetadata,
    private readonly queries: UserStreamQueries,
    private readonly authorizer: StreamAuthorizer,
    private readonly responder: WriteResponder,
  ) {}

  @Get('metadata')
  @Access({ kind: 'stream' })
  @ApiOperation({
    operationId: operationId('read'),
    summary: 'Description, tags, visibility and size of a stream; permissions for callers who may change them',
  })
  @ApiOkResponse({ type: UserStreamMetadataResponse })
  @ApiErrors(...STREAM_READ_ERRORS)
  async read(
    @StreamKey() key: UserStreamKey,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UserStreamMetadataResponse> {
    return this.#respond(response, caller, await this.queries.readable(caller, key));
  }

  @Patch('metadata')
  @Access({ kind: 'authenticated' })
  @ApiOperation({
    operationId: operationId('change'),
    summary: 'Change the permissions, description or tags of a stream',
    description:
      "Requires the right `admin`. Permissions are also written to KurrentDB's `$acl`. Omitted members do not change.",
  })
  @ApiMetadataPrecondition()
  @ApiOkResponse({ type: UserStreamMetadataResponse })
  @ApiErrors(...WRITE_ERRORS, 'stream-not-found', 'stream-deleted', 'unsupported-media-type')
  async change(
    @StreamKey() key: UserStreamKey,
    @Body() body: ChangeMetadataRequest,
    @CurrentAuthenticatedCaller() caller: AuthenticatedCaller,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UserStreamMetadataResponse> {
    const stream = await this.metadata.change(caller, key, changeOf(body), requestedRevision(request.headers));
    return this.#respond(response, caller, stream);
  }

  @Post('restore')
  @HttpCode(200)
  @Access({ kind: 'authenticated' })
  @ApiOperation({
    operationId: operationId('restore'),
    summary: 'Restore a deleted stream',
    description: 'Requires the right `admin`.',
  })
  @ApiPreconditions()
  @ApiOkResponse({ type: WriteResponse })
  @ApiErrors(...WRITE_ERRORS, 'stream-not-found', 'stream-already-exists')
  async restore(
    @StreamWrite() request: WriteRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WriteResponse> {
    const outcome = await this.streams.restore(request);
    return this.responder.respond(response, request, outcome);
  }

  #respond(response: Response, caller: Caller, stream: UserStream): UserStreamMetadataResponse {
    if (stream.metadataRevision !== undefined) response.setHeader('ETag', entityTag(stream.metadataRevision));
    return UserStreamMetadataResponse.ofDetails(stream, this.authorizer.has(caller, 'admin', stream));
  }
}

/** The DTO contains omitted members as undefined, which must not overwrite the current values. */
function changeOf({ permissions, ...rest }: ChangeMetadataRequest): MetadataChange {
  return { ...withoutUndefined(rest), ...(permissions && { permissions: withoutUndefined(permissions) }) };
}

function withoutUndefined<Members extends object>(members: Members): Partial<Members> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<Members>;
}
