import { Module } from '@nestjs/common';
import { EventStoreModule } from '../event-store/index.js';
import {
  LeaseAcquired,
  LeaseReleased,
  MaintenanceCancelled,
  MaintenanceScheduled,
  ProbesRecorded,
  ServiceReported,
  ServiceStatusChanged,
  StatusCorrected,
} from './domain/index.js';

/** The types of uptime's events, so that they are read typed and checked. */
@Module({
  imports: [
    EventStoreModule.forFeature([
      ServiceStatusChanged,
      ProbesRecorded,
      MaintenanceScheduled,
      MaintenanceCancelled,
      StatusCorrected,
      LeaseAcquired,
      LeaseReleased,
      ServiceReported,
    ]),
  ],
})
export class UptimeEventsModule {}
