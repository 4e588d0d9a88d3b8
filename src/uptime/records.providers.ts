import { type Provider } from '@nestjs/common';
import { createHash } from 'node:crypto';
import {
  CLOCK,
  type Clock,
  EVENT_STORE,
  type EventStore,
  RANDOM_TEXT,
  type RandomText,
  ReadModel,
} from '../event-store/index.js';
import { Corrections, MaintenancePlan, RecordIds, ServiceRecords, UptimeQueries } from './application/index.js';
import { CorrectionsController } from './http/corrections.controller.js';
import { MaintenanceController } from './http/maintenance.controller.js';
import { UptimeReadModel } from './read-model/uptime-read-model.js';

/** What people record of services, maintenance and corrections: its endpoints, and what carries them out. */
export const RECORD_CONTROLLERS = [MaintenanceController, CorrectionsController];

export const RECORD_PROVIDERS: readonly Provider[] = [
  {
    provide: ServiceRecords,
    inject: [EVENT_STORE, ReadModel],
    useFactory: (store: EventStore, readModel: ReadModel) =>
      new ServiceRecords(store, (position, timeoutMs) => readModel.waitFor(position, timeoutMs)),
  },
  {
    provide: RecordIds,
    inject: [CLOCK, RANDOM_TEXT],
    useFactory: (clock: Clock, random: RandomText) =>
      new RecordIds(clock, random, (text) => createHash('sha256').update(text).digest('hex')),
  },
  {
    provide: MaintenancePlan,
    inject: [UptimeReadModel, UptimeQueries, ServiceRecords, RecordIds, CLOCK],
    useFactory: (
      history: UptimeReadModel,
      queries: UptimeQueries,
      records: ServiceRecords,
      ids: RecordIds,
      clock: Clock,
    ) => new MaintenancePlan({ history, queries, records, ids, clock }),
  },
  {
    provide: Corrections,
    inject: [UptimeReadModel, UptimeQueries, ServiceRecords, RecordIds, CLOCK],
    useFactory: (
      history: UptimeReadModel,
      queries: UptimeQueries,
      records: ServiceRecords,
      ids: RecordIds,
      clock: Clock,
    ) => new Corrections({ history, queries, records, ids, clock }),
  },
];
