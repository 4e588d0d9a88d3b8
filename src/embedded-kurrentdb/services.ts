import { createRequire } from 'node:module';
import { type Dispatcher } from './grpc/dispatcher.js';
import { type GossipNode } from './grpc/gossip.js';
import { type OperationsDependencies } from './grpc/operations.js';
import { serverFeaturesService } from './grpc/server-features.js';
import { type ServerContext } from './server-context.js';
import { streamsService } from './grpc/streams/service.js';
import type * as Gossip from './grpc/gossip.js';
import type * as Monitoring from './grpc/monitoring.js';
import type * as Operations from './grpc/operations.js';
import type * as Projections from './grpc/projections.js';
import type * as AppendRecords from './grpc/streams-v2/append-records.js';
import type * as AppendSession from './grpc/streams-v2/append-session.js';
import type * as UsersService from './grpc/users.js';
import type * as Groups from './persistent-subscriptions/grpc/service.js';
import { type PersistentSubscriptions } from './persistent-subscriptions/runtime/persistent-subscriptions.js';
import { type HashQueue } from './security/hash-queue.js';
import { type Users } from './security/users.js';

const require = createRequire(import.meta.url);

const STREAMS_V2 = 'kurrentdb.protocol.v2.streams.StreamsService';

interface ServiceDependencies {
  readonly context: ServerContext;
  readonly users: Users;
  readonly hashes: HashQueue;
  readonly subscriptions: PersistentSubscriptions;
  readonly node: GossipNode;
  readonly operations: OperationsDependencies;
}

/**
 * Registers all gRPC services. Those that every client calls are loaded at the start, the others right after it:
 * loading their generated classes takes longer than everything else of a start.
 */
export function registerServices(
  dispatcher: Dispatcher,
  { context, users, hashes, subscriptions, node, operations }: ServiceDependencies,
): void {
  dispatcher.register(serverFeaturesService());
  dispatcher.register(streamsService(context));
  // `require`, also for ES modules: Node keeps a failed import() forever.
  dispatcher.registerLater(STREAMS_V2, () => {
    const { appendRecordsHandler } = require('./grpc/streams-v2/append-records.js') as typeof AppendRecords;
    const { appendSessionHandler } = require('./grpc/streams-v2/append-session.js') as typeof AppendSession;
    return {
      name: STREAMS_V2,
      methods: { AppendRecords: appendRecordsHandler(context), AppendSession: appendSessionHandler(context) },
    };
  });
  dispatcher.registerLater('event_store.client.persistent_subscriptions.PersistentSubscriptions', () =>
    (require('./persistent-subscriptions/grpc/service.js') as typeof Groups).persistentSubscriptionsService(
      context,
      subscriptions,
    ),
  );
  dispatcher.registerLater('event_store.client.users.Users', () =>
    (require('./grpc/users.js') as typeof UsersService).usersService(users, hashes, context.nowMs),
  );
  dispatcher.registerLater('event_store.client.operations.Operations', () =>
    (require('./grpc/operations.js') as typeof Operations).operationsService(context, operations),
  );
  dispatcher.registerLater('event_store.client.gossip.Gossip', () =>
    (require('./grpc/gossip.js') as typeof Gossip).gossipService(node),
  );
  dispatcher.registerLater('event_store.client.projections.Projections', () =>
    (require('./grpc/projections.js') as typeof Projections).projectionsService(context),
  );
  dispatcher.registerLater('event_store.client.monitoring.Monitoring', () =>
    (require('./grpc/monitoring.js') as typeof Monitoring).monitoringService(() => ({
      'es-position': String(context.store.endPosition),
      'proc-mem': String(process.memoryUsage.rss()),
    })),
  );
}
