import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import {
  CLOCK,
  type Clock,
  EVENT_STORE,
  EventPages,
  type EventStore,
  EventStoreModule,
  NameSpaces,
  provide,
  RANDOM_STRING,
  type RandomString,
  ReadModels,
  sha256,
  StreamAuthorizer,
} from '../event-store/index.js';
import { HttpModule } from '../http/index.js';
import { IdentityModule } from '../identity/index.js';
import {
  CurrentStreams,
  DATA_SCHEMAS,
  type DataSchemas,
  UserStreamMetadata,
  UserStreamFeed,
  UserStreamQueries,
  UserStreams,
} from './application/index.js';
import { QuotaReservations, UserDataUpdated } from './domain/index.js';
import { SseConnections } from './http/sse-connections.js';
import { UserDataSchemasController } from './http/user-data-schemas.controller.js';
import { UserStreamMetadataController } from './http/user-stream-metadata.controller.js';
import { DefaultStreamEventsController, DefaultStreamMetadataController } from './http/short-forms.controllers.js';
import { UserStreamEventsController } from './http/user-stream-events.controller.js';
import { UserStreamStateController } from './http/user-stream-state.controller.js';
import { UserStreamsController } from './http/user-streams.controller.js';
import { WriteResponder } from './http/write-responder.js';
import { LmdbUserStreamReadModel, userStreamsReadModelOf } from './read-model/lmdb-user-stream-read-model.js';
import { AjvDataSchemas } from './schemas/ajv-data-schemas.js';
import { UserStreamsHealthIndicator } from './user-streams.health.js';

/** User streams: private by default, written with optimistic concurrency, read from a read model. */
@Module({
  imports: [EventStoreModule.forFeature([UserDataUpdated]), HttpModule, IdentityModule, TerminusModule],
  controllers: [
    UserStreamsController,
    UserStreamEventsController,
    UserStreamMetadataController,
    DefaultStreamEventsController,
    DefaultStreamMetadataController,
    UserStreamStateController,
    UserDataSchemasController,
  ],
  providers: [
    { provide: DATA_SCHEMAS, useClass: AjvDataSchemas },
    {
      provide: QuotaReservations,
      inject: [APP_CONFIG],
      useFactory: ({ userStreams }: AppConfig) => new QuotaReservations(userStreams.quota),
    },
    {
      provide: LmdbUserStreamReadModel,
      inject: [ReadModels, NameSpaces],
      useFactory: (models: ReadModels, nameSpaces: NameSpaces) => {
        const definition = userStreamsReadModelOf(nameSpaces);
        const model = models.open(definition);
        return new LmdbUserStreamReadModel(model, models.watchFreshness(model, definition));
      },
    },
    provide(CurrentStreams, LmdbUserStreamReadModel, EVENT_STORE, StreamAuthorizer, CLOCK),
    UserStreamsHealthIndicator,
    SseConnections,
    WriteResponder,
    {
      provide: UserStreams,
      inject: [
        EVENT_STORE,
        LmdbUserStreamReadModel,
        CurrentStreams,
        StreamAuthorizer,
        DATA_SCHEMAS,
        QuotaReservations,
        CLOCK,
        RANDOM_STRING,
      ],
      useFactory: (
        store: EventStore,
        readModel: LmdbUserStreamReadModel,
        current: CurrentStreams,
        authorizer: StreamAuthorizer,
        schemas: DataSchemas,
        quota: QuotaReservations,
        clock: Clock,
        random: RandomString,
      ) => new UserStreams({ store, readModel, current, authorizer, schemas, quota, clock, random, digest: sha256 }),
    },
    provide(UserStreamQueries, LmdbUserStreamReadModel, EVENT_STORE, StreamAuthorizer, CurrentStreams),
    provide(UserStreamMetadata, EVENT_STORE, LmdbUserStreamReadModel, StreamAuthorizer, CLOCK, QuotaReservations),
    provide(
      UserStreamFeed,
      LmdbUserStreamReadModel,
      EVENT_STORE,
      EventPages,
      UserStreamQueries,
      StreamAuthorizer,
      CurrentStreams,
      CLOCK,
    ),
  ],
  exports: [UserStreamsHealthIndicator],
})
export class UserStreamsModule {}
