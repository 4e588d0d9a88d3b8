import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { createHash } from 'node:crypto';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import {
  CLOCK,
  type Clock,
  EVENT_STORE,
  type EventStore,
  EventStoreModule,
  RANDOM_TEXT,
  type RandomText,
  ReadModels,
  StreamGuard,
} from '../event-store/index.js';
import {
  type DataSchemas,
  type Digest,
  UserStreamDetails,
  UserStreamFeed,
  UserStreamQueries,
  UserStreams,
} from './application/index.js';
import { QuotaLedger, UserDataUpdated } from './domain/index.js';
import { EventStreams } from './http/event-streams.js';
import { UserDataSchemasController } from './http/user-data-schemas.controller.js';
import { UserStreamDetailsController } from './http/user-stream-details.controller.js';
import { UserStreamEventsController } from './http/user-stream-events.controller.js';
import { UserStreamStateController } from './http/user-stream-state.controller.js';
import { UserStreamsController } from './http/user-streams.controller.js';
import { WriteReplies } from './http/write-replies.js';
import { UserStreamsLifetime } from './read-model/user-streams.lifetime.js';
import { userStreamsReadModel, UserStreamsReadModel } from './read-model/user-streams.read-model.js';
import { AjvDataSchemas } from './schemas/ajv-data-schemas.js';
import { DATA_SCHEMAS } from './tokens.js';
import { UserStreamsHealthIndicator } from './user-streams.health.js';

const digest: Digest = (text) => createHash('sha256').update(text).digest('hex');

/** The data of users: private by default, written with their revision, read from a read model. */
@Module({
  imports: [EventStoreModule.forFeature([UserDataUpdated]), TerminusModule],
  controllers: [
    UserStreamsController,
    UserStreamEventsController,
    UserStreamDetailsController,
    UserStreamStateController,
    UserDataSchemasController,
  ],
  providers: [
    { provide: DATA_SCHEMAS, useClass: AjvDataSchemas },
    {
      provide: QuotaLedger,
      inject: [APP_CONFIG],
      useFactory: ({ userStreams }: AppConfig) => new QuotaLedger(userStreams.quota),
    },
    {
      provide: UserStreamsReadModel,
      inject: [ReadModels],
      useFactory: (models: ReadModels) => new UserStreamsReadModel(models.open(userStreamsReadModel)),
    },
    UserStreamsLifetime,
    UserStreamsHealthIndicator,
    EventStreams,
    WriteReplies,
    {
      provide: UserStreams,
      inject: [EVENT_STORE, UserStreamsReadModel, StreamGuard, DATA_SCHEMAS, QuotaLedger, CLOCK, RANDOM_TEXT],
      useFactory: (
        store: EventStore,
        table: UserStreamsReadModel,
        guard: StreamGuard,
        schemas: DataSchemas,
        quota: QuotaLedger,
        clock: Clock,
        random: RandomText,
      ) => new UserStreams({ store, table, guard, schemas, quota, clock, random, digest }),
    },
    {
      provide: UserStreamQueries,
      inject: [UserStreamsReadModel, EVENT_STORE, StreamGuard],
      useFactory: (table: UserStreamsReadModel, store: EventStore, guard: StreamGuard) =>
        new UserStreamQueries(table, store, guard),
    },
    {
      provide: UserStreamDetails,
      inject: [EVENT_STORE, UserStreamsReadModel, StreamGuard, CLOCK],
      useFactory: (store: EventStore, table: UserStreamsReadModel, guard: StreamGuard, clock: Clock) =>
        new UserStreamDetails(store, table, guard, clock),
    },
    {
      provide: UserStreamFeed,
      inject: [UserStreamsReadModel, EVENT_STORE, UserStreamQueries, StreamGuard],
      useFactory: (table: UserStreamsReadModel, store: EventStore, queries: UserStreamQueries, guard: StreamGuard) =>
        new UserStreamFeed(table, store, queries, guard),
    },
  ],
  exports: [UserStreamsHealthIndicator],
})
export class UserStreamsModule {}
