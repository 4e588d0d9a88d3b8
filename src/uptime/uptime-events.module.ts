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

/** Registers the event types of uptime. */
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
