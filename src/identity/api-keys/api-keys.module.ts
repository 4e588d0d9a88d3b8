import { Module } from '@nestjs/common';
import { CLOCK, EVENT_STORE, EventStoreModule, provide } from '../../event-store/index.js';
import { ApiKeyCreated, ApiKeyRevoked } from '../domain/index.js';
import { ApiKeyService } from './api-key.service.js';

/** Management of API keys, without HTTP; the command line uses it on its own. */
@Module({
  imports: [EventStoreModule.forFeature([ApiKeyCreated, ApiKeyRevoked])],
  providers: [provide(ApiKeyService, EVENT_STORE, CLOCK)],
  exports: [ApiKeyService],
})
export class ApiKeysModule {}
