import { Module, type Provider } from '@nestjs/common';
import {
  CLOCK,
  type Clock,
  EVENT_STORE,
  type EventStore,
  RANDOM_STRING,
  type RandomString,
  ReadModel,
  sha256,
} from '../../event-store/index.js';
import { LIVE_SERVICES, type LiveServices, UPTIME_HISTORY, type UptimeHistory } from '../domain/index.js';
import { HistoryModule } from '../history/history.module.js';
import { ProbingModule } from '../probing/probing.module.js';
import { AnnotationIds } from './application/annotation-ids.js';
import { type AnnotationServiceOptions } from './application/annotation-service-options.js';
import { AnnotationWriter } from './application/annotation-writer.js';
import { CorrectionService } from './application/correction.service.js';
import { MaintenanceService } from './application/maintenance.service.js';
import { CorrectionsController } from './http/corrections.controller.js';
import { MaintenanceController } from './http/maintenance.controller.js';

function annotationService<Service>(
  type: new (options: AnnotationServiceOptions<'corrections' | 'maintenance'>) => Service,
): Provider {
  return {
    provide: type,
    inject: [UPTIME_HISTORY, LIVE_SERVICES, AnnotationWriter, AnnotationIds, CLOCK],
    useFactory: (
      history: UptimeHistory,
      live: LiveServices,
      writer: AnnotationWriter,
      ids: AnnotationIds,
      clock: Clock,
    ) => new type({ history, live, writer, ids, clock }),
  };
}

/** Maintenance windows and corrections: what people add to the history of a service. */
@Module({
  imports: [HistoryModule, ProbingModule],
  controllers: [MaintenanceController, CorrectionsController],
  providers: [
    {
      provide: AnnotationWriter,
      inject: [EVENT_STORE, ReadModel],
      useFactory: (store: EventStore, readModel: ReadModel) => new AnnotationWriter(store, readModel),
    },
    {
      provide: AnnotationIds,
      inject: [CLOCK, RANDOM_STRING],
      useFactory: (clock: Clock, random: RandomString) => new AnnotationIds(clock, random, sha256),
    },
    annotationService(MaintenanceService),
    annotationService(CorrectionService),
  ],
})
export class AnnotationsModule {}
