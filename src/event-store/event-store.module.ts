import { type DynamicModule, Global, Inject, Injectable, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { join } from 'node:path';
import { type Clock, systemClock } from '../common/clock.js';
import { NameResolver } from '../common/network/name-resolver.js';
import { type RandomString, randomString } from '../common/random-string.js';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { AccessLog } from './access-log.js';
import {
  type EventDefinition,
  EventRegistry,
  NameSpacesClaimed,
  StreamCreated,
  StreamDeleted,
  StreamAuthorizer,
  StreamRestored,
} from './domain/index.js';
import { EventPages } from './event-pages.js';
import { EventStoreLifecycle } from './event-store.lifecycle.js';
import { EventCodec } from './kurrentdb/event-codec.js';
import { KurrentDBConnection, exitOnFailure } from './kurrentdb/kurrentdb-client.provider.js';
import { KurrentDBHealthIndicator } from './kurrentdb/kurrentdb.health.js';
import { KurrentDBService, type KurrentDBServiceOptions } from './kurrentdb/kurrentdb.service.js';
import { LogReader } from './kurrentdb/log-reader.js';
import { DefaultAclState } from './name-spaces/default-acl-state.js';
import { NameSpaces } from './name-spaces/name-spaces.js';
import { ReadModels } from './read-models/read-models.js';
import { provide } from './provide.js';
import { StoreWatch } from './store-watch/store-watch.js';
import { CLOCK, EVENT_STORE, KURRENTDB_CLIENT, RANDOM_STRING } from './tokens.js';

type OpenStore = (options: Pick<KurrentDBServiceOptions, 'watch' | 'mayWrite'>) => KurrentDBService;

/** Opens a {@link KurrentDBService} on the connection. */
const OPEN_STORE = Symbol('OPEN_STORE');
/** An own one, because writes of all others wait until the name spaces are claimed. */
const CLAIMING_STORE = Symbol('CLAIMING_STORE');

/** The event store; imported once, by the root module. Features register their event types with `forFeature`. */
@Global()
@Module({
  imports: [TerminusModule],
  providers: [
    { provide: CLOCK, useValue: systemClock },
    { provide: RANDOM_STRING, useValue: randomString },
    {
      provide: NameResolver,
      inject: [APP_CONFIG],
      useFactory: ({ dnsConfigFile }: AppConfig) => new NameResolver({ resolvConf: dnsConfigFile }),
    },
    {
      provide: EventRegistry,
      useFactory: (): EventRegistry => {
        const registry = new EventRegistry();
        for (const definition of [NameSpacesClaimed, StreamCreated, StreamDeleted, StreamRestored])
          registry.register(definition);
        return registry;
      },
    },
    {
      provide: KurrentDBConnection,
      inject: [APP_CONFIG, NameResolver],
      useFactory: (config: AppConfig, names: NameResolver) => KurrentDBConnection.open(config, names, exitOnFailure),
    },
    EventStoreLifecycle,
    KurrentDBHealthIndicator,
    AccessLog,
    { provide: StreamAuthorizer, inject: [AccessLog], useFactory: (log: AccessLog) => new StreamAuthorizer(log) },
    {
      provide: KURRENTDB_CLIENT,
      inject: [KurrentDBConnection],
      useFactory: ({ clients }: KurrentDBConnection) => clients.client,
    },
    {
      provide: StoreWatch,
      inject: [KurrentDBConnection, CLOCK, APP_CONFIG],
      useFactory: ({ clients }: KurrentDBConnection, clock: Clock, { kurrentdb }: AppConfig) =>
        new StoreWatch(new LogReader(clients, kurrentdb.timeoutMs), clock),
    },
    {
      provide: OPEN_STORE,
      inject: [KurrentDBConnection, EventRegistry, CLOCK, RANDOM_STRING, APP_CONFIG],
      useFactory: (
        { clients }: KurrentDBConnection,
        registry: EventRegistry,
        clock: Clock,
        random: RandomString,
        { kurrentdb: { timeoutMs } }: AppConfig,
      ): OpenStore => {
        const codec = new EventCodec(registry, clock, random);
        return (more) => new KurrentDBService(clients, codec, { timeoutMs, clock, random, ...more });
      },
    },
    { provide: CLAIMING_STORE, inject: [OPEN_STORE], useFactory: (open: OpenStore) => open({}) },
    {
      provide: NameSpaces,
      inject: [CLAIMING_STORE, APP_CONFIG],
      useFactory: (store: KurrentDBService, config: AppConfig) => new NameSpaces(store, isOwnStore(config)),
    },
    {
      provide: DefaultAclState,
      inject: [CLAIMING_STORE, APP_CONFIG],
      useFactory: (store: KurrentDBService, config: AppConfig) => new DefaultAclState(store, isOwnStore(config)),
    },
    {
      provide: KurrentDBService,
      inject: [OPEN_STORE, StoreWatch, NameSpaces],
      useFactory: (open: OpenStore, watch: StoreWatch, nameSpaces: NameSpaces) =>
        open({ watch, mayWrite: () => nameSpaces.isClaimed }),
    },
    { provide: EVENT_STORE, useExisting: KurrentDBService },
    provide(EventPages, EVENT_STORE),
    {
      provide: ReadModels,
      inject: [KurrentDBService, APP_CONFIG, CLOCK, StoreWatch, NameSpaces],
      useFactory: (
        store: KurrentDBService,
        { dataDir }: AppConfig,
        clock: Clock,
        watch: StoreWatch,
        nameSpaces: NameSpaces,
      ) => new ReadModels(store, join(dataDir, 'read-models'), clock, watch, nameSpaces),
    },
  ],
  exports: [
    CLOCK,
    RANDOM_STRING,
    NameResolver,
    EventRegistry,
    KURRENTDB_CLIENT,
    KurrentDBService,
    EVENT_STORE,
    EventPages,
    StreamAuthorizer,
    NameSpaces,
    ReadModels,
    StoreWatch,
    KurrentDBHealthIndicator,
  ],
})
export class EventStoreModule {
  /** Registers event types, so that they are written with their schema version and validated when they are read. */
  static forFeature(definitions: readonly EventDefinition[]): DynamicModule {
    @Injectable()
    class FeatureEvents {
      constructor(@Inject(EventRegistry) registry: EventRegistry) {
        for (const definition of definitions) registry.register(definition);
      }
    }
    return { module: FeatureEventsModule, providers: [FeatureEvents] };
  }
}

@Module({})
class FeatureEventsModule {}

function isOwnStore({ kurrentdb }: AppConfig): boolean {
  return kurrentdb.connectionString === undefined;
}
