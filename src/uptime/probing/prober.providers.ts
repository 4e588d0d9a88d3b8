import { type Provider } from '@nestjs/common';
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
import { SelfProbeCredential } from '../../identity/index.js';
import { ServicesFile } from '../services-file/index.js';
import { PushReports } from './application/index.js';
import { ConfiguredServices } from './push/configured-services.js';
import { endpointOf } from './own-endpoint.js';
import { ProberRuntime } from './prober-runtime.js';
import { ProberLifecycle } from './prober.lifecycle.js';

/** What probes, and what is reported to it. */
export const PROBER_PROVIDERS: readonly Provider[] = [
  {
    provide: PushReports,
    inject: [EVENT_STORE, CLOCK, RANDOM_STRING],
    useFactory: (store: EventStore, clock: Clock, random: RandomString) => new PushReports({ store, clock, random }),
  },
  {
    provide: ProberRuntime,
    inject: [
      APP_CONFIG,
      ServicesFile,
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
      { services }: ServicesFile,
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
  {
    provide: ConfiguredServices,
    inject: [ProberRuntime],
    useFactory: ({ prober }: ProberRuntime): ConfiguredServices => ({
      find: (name) => prober.monitors.get(name)?.service,
      names: () => [...prober.monitors.keys()],
    }),
  },
  ProberLifecycle,
];
