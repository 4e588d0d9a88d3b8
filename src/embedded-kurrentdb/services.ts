import { type Dispatcher } from './grpc/dispatcher.js';
import { type GossipNode } from './grpc/gossip.js';
import { type OperationsDependencies } from './grpc/operations.js';
import { serverFeaturesService } from './grpc/server-features.js';
import { type ServerContext } from './server-context.js';
import { streamsService } from './grpc/streams/service.js';
import { type PersistentSubscriptions } from './persistent-subscriptions/runtime/persistent-subscriptions.js';
import { type Users } from './security/users.js';

const STREAMS_V2 = 'kurrentdb.protocol.v2.streams.StreamsService';

interface ServiceDependencies {
  readonly context: ServerContext;
  readonly users: Users;
  readonly subscriptions: PersistentSubscriptions;
  readonly node: GossipNode;
  readonly operations: OperationsDependencies;
}

/**
 * Registers all gRPC services. Those that every client calls are loaded at the start, the others on their first call:
 * loading their generated classes takes longer than everything else of a start, and most servers never need them.
 */
export function registerServices(
  dispatcher: Dispatcher,
  { context, users, subscriptions, node, operations }: ServiceDependencies,
): void {
  dispatcher.register(serverFeaturesService());
  dispatcher.register(streamsService(context));
  dispatcher.registerLater(STREAMS_V2, async () => {
    const { appendRecordsHandler } = await import('./grpc/streams-v2/append-records.js');
    const { appendSessionHandler } = await import('./grpc/streams-v2/append-session.js');
    return {
      name: STREAMS_V2,
      methods: { AppendRecords: appendRecordsHandler(context), AppendSession: appendSessionHandler(context) },
    };
  });
  dispatcher.registerLater('event_store.client.persistent_subscriptions.PersistentSubscriptions', async () =>
    (await import('./persistent-subscriptions/grpc/service.js')).persistentSubscriptionsService(context, subscriptions),
  );
  dispatcher.registerLater('event_store.client.users.Users', async () =>
    (await import('./grpc/users.js')).usersService(users, context.nowMs),
  );
  dispatcher.registerLater('event_store.client.operations.Operations', async () =>
    (await import('./grpc/operations.js')).operationsService(context, operations),
  );
  dispatcher.registerLater('event_store.client.gossip.Gossip', async () =>
    (await import('./grpc/gossip.js')).gossipService(node),
  );
  dispatcher.registerLater('event_store.client.projections.Projections', async () =>
    (await import('./grpc/projections.js')).projectionsService(context),
  );
  dispatcher.registerLater('event_store.client.monitoring.Monitoring', async () =>
    (await import('./grpc/monitoring.js')).monitoringService(() => ({
      'es-position': String(context.store.endPosition),
      'proc-mem': String(process.memoryUsage.rss()),
    })),
  );
}
