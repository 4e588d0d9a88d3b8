import { Module } from '@nestjs/common';
import {
  CLOCK,
  type Clock,
  EVENT_STORE,
  type EventStore,
  EventStoreModule,
  NameSpaces,
} from '../../event-store/index.js';
import { ApiKeyCreated, ApiKeyRevoked } from '../domain/index.js';
import { API_KEYS, ApiKeyService } from './api-key.service.js';

/** Management of API keys, without HTTP; the command line uses it on its own. */
@Module({
  imports: [EventStoreModule.forFeature([ApiKeyCreated, ApiKeyRevoked])],
  providers: [
    {
      provide: ApiKeyService,
      inject: [EVENT_STORE, CLOCK, NameSpaces],
      useFactory: (store: EventStore, clock: Clock, nameSpaces: NameSpaces) => {
        nameSpaces.reserve(API_KEYS);
        return new ApiKeyService(store, clock);
      },
    },
  ],
  exports: [ApiKeyService],
})
export class ApiKeysModule {}
