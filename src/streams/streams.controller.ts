import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { isPlainObject } from '../common/plain-object.js';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import {
  Access,
  ApiErrors,
  CurrentCaller,
  readEventPage,
  type StreamEventDto,
  ReadEventsQuery,
  StreamEventsDto,
  STREAM_READ_ERRORS,
} from '../http/index.js';
import {
  EVENT_STORE,
  assertStreamName,
  AuthenticationError,
  type Caller,
  EventPages,
  type EventStore,
  identifyStream,
  type StreamIdentity,
  isEvent,
  permissionsOf,
  StreamDeleted,
  StreamDeletedError,
  StreamAuthorizer,
} from '../event-store/index.js';
import { seesErrors, ServiceStatusChanged, withErrorKind } from '../uptime/domain/index.js';

/** Data of an event of a service, with the kind of its error only. */
function withoutErrorText({ type, data }: StreamEventDto): unknown {
  const metadata: unknown = isPlainObject(data) ? data.metadata : undefined;
  if (type !== ServiceStatusChanged.type || !isPlainObject(data) || !isPlainObject(metadata)) return data;
  const { error } = metadata;
  return typeof error === 'string' ? { ...data, metadata: withErrorKind({ ...metadata, error }) } : data;
}

@ApiTags('streams')
@Controller('api/streams')
@Access({ kind: 'stream' })
export class StreamsController {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    private readonly pages: EventPages,
    private readonly authorizer: StreamAuthorizer,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  @Get(':streamName/events')
  @ApiOperation({
    summary: 'Read a page of events of a stream',
    description: 'Returns the same 404 for a stream that the caller may not read as for one that does not exist.',
  })
  @ApiParam({ name: 'streamName', example: 'service-uptime-http' })
  @ApiOkResponse({ type: StreamEventsDto })
  @ApiErrors(...STREAM_READ_ERRORS, 'timeout')
  async readEvents(
    @Param('streamName') streamName: string,
    @Query() query: ReadEventsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<StreamEventsDto> {
    assertStreamName(streamName);
    const { kind } = identifyStream(streamName);
    if (kind === 'service-uptime' && caller.kind === 'anonymous' && !this.config.auth.openEndpoints.has('uptime')) {
      throw new AuthenticationError('Authentication required for uptime: send a bearer token or an API key');
    }
    // The history of a service may be read by everyone who may read the uptime; its permissions are about KurrentDB.
    if (kind !== 'service-uptime') await this.#assertMayRead(caller, streamName, kind);
    if (kind === 'user') await this.#assertNotDeleted(streamName);
    const page = await readEventPage(this.pages, streamName, query);
    if (kind !== 'service-uptime' || seesErrors(caller, this.config.uptime.errorDetail)) return page;
    return { ...page, events: page.events.map((event) => ({ ...event, data: withoutErrorText(event) })) };
  }

  async #assertMayRead(caller: Caller, name: string, kind: StreamIdentity['kind']): Promise<void> {
    // KurrentDB's own streams have no permissions in their metadata, and are closed to everyone.
    const permissions =
      kind === 'kurrentdb' ? undefined : permissionsOf((await this.store.getStreamMetadata(name)).metadata);
    this.authorizer.assertMay(caller, 'read', { name, permissions });
  }

  async #assertNotDeleted(streamName: string): Promise<void> {
    const [last] = await this.store.readStream(streamName, { direction: 'backwards', limit: 1 });
    if (last && isEvent(last, StreamDeleted)) throw new StreamDeletedError(streamName);
  }
}
