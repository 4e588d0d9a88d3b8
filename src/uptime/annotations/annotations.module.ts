import { Module } from '@nestjs/common';
import {
  CLOCK,
  type Clock,
  EVENT_STORE,
  provide,
  RANDOM_STRING,
  type RandomString,
  ReadModel,
  sha256,
} from '../../event-store/index.js';
import { LIVE_SERVICES, UPTIME_HISTORY } from '../domain/index.js';
import { HistoryModule } from '../history/history.module.js';
import { ProbingModule } from '../probing/probing.module.js';
import { AnnotationIds } from './application/annotation-ids.js';
import { AnnotationWriter } from './application/annotation-writer.js';
import { CorrectionService } from './application/correction.service.js';
import { MaintenanceService } from './application/maintenance.service.js';
import { CorrectionsController } from './http/corrections.controller.js';
import { MaintenanceController } from './http/maintenance.controller.js';

/** Maintenance windows and corrections: what people add to the history of a service. */
@Module({
  imports: [HistoryModule, ProbingModule],
  controllers: [MaintenanceController, CorrectionsController],
  providers: [
    provide(AnnotationWriter, EVENT_STORE, ReadModel),
    {
      provide: AnnotationIds,
      inject: [CLOCK, RANDOM_STRING],
      useFactory: (clock: Clock, random: RandomString) => new AnnotationIds(clock, random, sha256),
    },
    provide(MaintenanceService, UPTIME_HISTORY, LIVE_SERVICES, AnnotationWriter, AnnotationIds, CLOCK),
    provide(CorrectionService, UPTIME_HISTORY, LIVE_SERVICES, AnnotationWriter, AnnotationIds, CLOCK),
  ],
})
export class AnnotationsModule {}
