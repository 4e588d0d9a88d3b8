import { Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { join } from 'node:path';
import { NameResolver } from '../../common/network/name-resolver.js';
import { APP_CONFIG, type AppConfig } from '../../config/index.js';
import {
  CLOCK,
  type Clock,
  EVENT_STORE,
  type EventStore,
  RANDOM_STRING,
  type RandomString,
  ReadModels,
} from '../../event-store/index.js';
import { IdentityModule, SelfProbeCredential } from '../../identity/index.js';
import { LIVE_SERVICES, SERVICES_SOURCE, type ServicesSource } from '../domain/index.js';
import { ServicesFileModule } from '../services-file/services-file.module.js';
import { UptimeEventsModule } from '../uptime-events.module.js';
import { Prober } from './application/index.js';
import { UptimeStreamsController } from './http/uptime-streams.controller.js';
import { LmdbSpool } from './lmdb-spool.js';
import { endpointOf } from './own-endpoint.js';
import { createProber } from './prober.factory.js';
import { ProberLifecycle } from './prober.lifecycle.js';
import { PushReports } from './push/push-reports.js';
import { PushController } from './push/push.controller.js';

const HOLDER_ID_LENGTH = 12;

/** Probes the services on a schedule while this replica holds the lease, and records samples and status changes. */
@Module({
  imports: [UptimeEventsModule, ServicesFileModule, IdentityModule],
  controllers: [UptimeStreamsController, PushController],
  providers: [
    {
      provide: PushReports,
      inject: [EVENT_STORE, ReadModels, CLOCK, RANDOM_STRING],
      useFactory: (store: EventStore, models: ReadModels, clock: Clock, random: RandomString) =>
        new PushReports({ store, models, clock, random }),
    },
    {
      provide: LmdbSpool,
      inject: [APP_CONFIG, RANDOM_STRING],
      useFactory: ({ dataDir, uptime }: AppConfig, random: RandomString) =>
        new LmdbSpool(join(dataDir, 'uptime-spool'), uptime.spoolBytes, random(HOLDER_ID_LENGTH)),
    },
    {
      provide: Prober,
      inject: [
        APP_CONFIG,
        SERVICES_SOURCE,
        EVENT_STORE,
        CLOCK,
        NameResolver,
        RANDOM_STRING,
        LmdbSpool,
        SchedulerRegistry,
        SelfProbeCredential,
        HttpAdapterHost,
        PushReports,
      ],
      useFactory: (
        { uptime: config }: AppConfig,
        { services }: ServicesSource,
        store: EventStore,
        clock: Clock,
        names: NameResolver,
        random: RandomString,
        spool: LmdbSpool,
        registry: SchedulerRegistry,
        own: SelfProbeCredential,
        adapterHost: HttpAdapterHost,
        reports: PushReports,
      ) =>
        createProber({
          config,
          services,
          store,
          clock,
          spool,
          registry,
          reports,
          probes: {
            clock,
            names,
            random,
            store,
            ownEndpoint: () => endpointOf(adapterHost),
            ownAuthorization: own.authorization,
          },
        }),
    },
    { provide: LIVE_SERVICES, useExisting: Prober },
    ProberLifecycle,
  ],
  exports: [Prober, LIVE_SERVICES],
})
export class ProbingModule {}
