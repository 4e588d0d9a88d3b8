import { Module } from '@nestjs/common';
import { CLOCK, provide, ReadModel, ReadModels } from '../../event-store/index.js';
import { ANSWER_SOURCE } from '../../http/index.js';
import {
  HISTORY_AGE,
  type HistoryAge,
  LIVE_SERVICES,
  type LiveServices,
  STATUS_SNAPSHOT,
  type StatusSnapshot,
  UPTIME_HISTORY,
} from '../domain/index.js';
import { ProbingModule } from '../probing/probing.module.js';
import { UptimeEventsModule } from '../uptime-events.module.js';
import { UptimeQueries } from './application/uptime-queries.js';
import { UptimeController } from './http/uptime.controller.js';
import { CurrentStatusDto } from './http/uptime.dto.js';
import { FollowedHistoryAge } from './read-model/followed-history-age.js';
import { uptimeReadModel, UptimeReadModel } from './read-model/uptime-read-model.js';

/** Status and uptime of the services, queried from a read model of their streams. */
@Module({
  imports: [UptimeEventsModule, ProbingModule],
  controllers: [UptimeController],
  providers: [
    { provide: ReadModel, inject: [ReadModels], useFactory: (models: ReadModels) => models.open(uptimeReadModel) },
    { ...provide(UptimeReadModel, ReadModel), provide: UPTIME_HISTORY },
    {
      provide: HISTORY_AGE,
      inject: [ReadModel, ReadModels],
      useFactory: (model: ReadModel, models: ReadModels): HistoryAge =>
        new FollowedHistoryAge(model, models.watchFreshness(model, uptimeReadModel)),
    },
    { provide: ANSWER_SOURCE, useExisting: HISTORY_AGE },
    provide(UptimeQueries, UPTIME_HISTORY, LIVE_SERVICES, CLOCK),
    {
      provide: STATUS_SNAPSHOT,
      inject: [UptimeQueries, LIVE_SERVICES, HISTORY_AGE],
      useFactory: (queries: UptimeQueries, live: LiveServices, age: HistoryAge): StatusSnapshot => ({
        isStale: () => age.staleness !== undefined,
        currentStatuses: (seesErrors) => queries.status().map((status) => CurrentStatusDto.of(status, seesErrors)),
        hasService: (name) => live.monitors.has(name),
        listen: (listener) => live.listen(listener),
      }),
    },
  ],
  exports: [ReadModel, UPTIME_HISTORY, STATUS_SNAPSHOT, HISTORY_AGE, ANSWER_SOURCE],
})
export class HistoryModule {}
