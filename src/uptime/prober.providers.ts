import { type Provider } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { CLOCK, type Clock, EVENT_STORE, type EventStore, RANDOM_TEXT, type RandomText } from '../event-store/index.js';
import { OwnCredential } from '../identity/index.js';
import { PushReports } from './application/index.js';
import { ConfiguredServices } from './http/configured-services.js';
import { endpointOf } from './own-endpoint.js';
import { ProberInProcess } from './prober-in-process.js';
import { ProberScheduler } from './prober.scheduler.js';

/** What probes, and what is reported to it. */
export const PROBER_PROVIDERS: readonly Provider[] = [
  {
    provide: PushReports,
    inject: [EVENT_STORE, CLOCK, RANDOM_TEXT],
    useFactory: (store: EventStore, clock: Clock, random: RandomText) => new PushReports({ store, clock, random }),
  },
  {
    provide: ProberInProcess,
    inject: [
      APP_CONFIG,
      EVENT_STORE,
      CLOCK,
      RANDOM_TEXT,
      SchedulerRegistry,
      OwnCredential,
      HttpAdapterHost,
      PushReports,
    ],
    useFactory: (
      config: AppConfig,
      store: EventStore,
      clock: Clock,
      random: RandomText,
      registry: SchedulerRegistry,
      own: OwnCredential,
      adapterHost: HttpAdapterHost,
      reports: PushReports,
    ) =>
      new ProberInProcess({
        config,
        store,
        clock,
        random,
        registry,
        surroundings: {
          clock,
          random,
          store,
          reports,
          ownEndpoint: () => endpointOf(adapterHost),
          ownAuthorization: own.authorization,
        },
      }),
  },
  {
    provide: ConfiguredServices,
    inject: [ProberInProcess],
    useFactory: ({ prober }: ProberInProcess): ConfiguredServices => ({
      find: (name) => prober.monitors.get(name)?.service,
      names: () => [...prober.monitors.keys()],
    }),
  },
  ProberScheduler,
];
