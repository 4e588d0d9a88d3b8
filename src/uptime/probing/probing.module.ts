import { Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { APP_CONFIG, type AppConfig } from '../../config/index.js';
import {
  CLOCK,
  type Clock,
  EVENT_STORE,
  type EventStore,
  RANDOM_STRING,
  type RandomString,
} from '../../event-store/index.js';
import { IdentityModule, SelfProbeCredential } from '../../identity/index.js';
import { LIVE_SERVICES, SERVICES_SOURCE, type ServicesSource } from '../domain/index.js';
import { ServicesFileModule } from '../services-file/services-file.module.js';
import { UptimeEventsModule } from '../uptime-events.module.js';
import { UptimeStreamsController } from './http/uptime-streams.controller.js';
import { endpointOf } from './own-endpoint.js';
import { ProberRuntime } from './prober-runtime.js';
import { ProberLifecycle } from './prober.lifecycle.js';
import { PushReports } from './push/push-reports.js';
import { PushController } from './push/push.controller.js';

/** Probes the services on a schedule while this replica holds the lease, and records samples and status changes. */
@Module({
  imports: [UptimeEventsModule, ServicesFileModule, IdentityModule],
  controllers: [UptimeStreamsController, PushController],
  providers: [
    {
      provide: PushReports,
      inject: [EVENT_STORE, CLOCK, RANDOM_STRING],
      useFactory: (store: EventStore, clock: Clock, random: RandomString) => new PushReports({ store, clock, random }),
    },
    {
      provide: ProberRuntime,
      inject: [
        APP_CONFIG,
        SERVICES_SOURCE,
        EVENT_STORE,
        CLOCK,
        RANDOM_STRING,
        SchedulerRegistry,
        SelfProbeCredential,
        HttpAdapterHost,
        PushReports,
      ],
      useFactory: (
        config: AppConfig,
        { services }: ServicesSource,
        store: EventStore,
        clock: Clock,
        random: RandomString,
        registry: SchedulerRegistry,
        own: SelfProbeCredential,
        adapterHost: HttpAdapterHost,
        reports: PushReports,
      ) =>
        new ProberRuntime({
          config,
          services,
          store,
          clock,
          random,
          registry,
          dependencies: {
            clock,
            random,
            store,
            reports,
            ownEndpoint: () => endpointOf(adapterHost),
            ownAuthorization: own.authorization,
          },
        }),
    },
    { provide: LIVE_SERVICES, inject: [ProberRuntime], useFactory: ({ prober }: ProberRuntime) => prober },
    ProberLifecycle,
  ],
  exports: [ProberRuntime, LIVE_SERVICES],
})
export class ProbingModule {}
