import { Module } from '@nestjs/common';
import { CLOCK, type Clock, EVENT_STORE, type EventStore, EventStoreModule } from '../../event-store/index.js';
import { ApiKeyCreated, ApiKeyRevoked } from '../domain/index.js';
import { ApiKeyService } from './api-key.service.js';

/** Management of API keys, without HTTP; the command line uses it on its own. */
@Module({
  imports: [EventStoreModule.forFeature([ApiKeyCreated, ApiKeyRevoked])],
  providers: [
    {
      provide: ApiKeyService,
      inject: [EVENT_STORE, CLOCK],
      useFactory: (store: EventStore, clock: Clock) => new ApiKeyService(store, clock),
    },
  ],
  exports: [ApiKeyService],
})
export class ApiKeysModule {}
