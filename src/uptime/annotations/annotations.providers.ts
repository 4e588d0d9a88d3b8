import { type Provider } from '@nestjs/common';
import { createHash } from 'node:crypto';
import {
  CLOCK,
  type Clock,
  EVENT_STORE,
  type EventStore,
  RANDOM_STRING,
  type RandomString,
  ReadModel,
} from '../../event-store/index.js';
import {
  CorrectionService,
  MaintenanceService,
  AnnotationIds,
  AnnotationWriter,
  UptimeQueries,
} from '../probing/application/index.js';
import { CorrectionsController } from './http/corrections.controller.js';
import { MaintenanceController } from './http/maintenance.controller.js';
import { UptimeReadModel } from '../history/read-model/uptime-read-model.js';

/** What people record of services, maintenance and corrections: its endpoints, and what carries them out. */
export const RECORD_CONTROLLERS = [MaintenanceController, CorrectionsController];

export const RECORD_PROVIDERS: readonly Provider[] = [
  {
    provide: AnnotationWriter,
    inject: [EVENT_STORE, ReadModel],
    useFactory: (store: EventStore, readModel: ReadModel) =>
      new AnnotationWriter(store, (position, timeoutMs) => readModel.waitFor(position, timeoutMs)),
  },
  {
    provide: AnnotationIds,
    inject: [CLOCK, RANDOM_STRING],
    useFactory: (clock: Clock, random: RandomString) =>
      new AnnotationIds(clock, random, (text) => createHash('sha256').update(text).digest('hex')),
  },
  {
    provide: MaintenanceService,
    inject: [UptimeReadModel, UptimeQueries, AnnotationWriter, AnnotationIds, CLOCK],
    useFactory: (
      history: UptimeReadModel,
      queries: UptimeQueries,
      records: AnnotationWriter,
      ids: AnnotationIds,
      clock: Clock,
    ) => new MaintenanceService({ history, queries, records, ids, clock }),
  },
  {
    provide: CorrectionService,
    inject: [UptimeReadModel, UptimeQueries, AnnotationWriter, AnnotationIds, CLOCK],
    useFactory: (
      history: UptimeReadModel,
      queries: UptimeQueries,
      records: AnnotationWriter,
      ids: AnnotationIds,
      clock: Clock,
    ) => new CorrectionService({ history, queries, records, ids, clock }),
  },
];
