import featuresPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js';
import sharedPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import { type GrpcService, unary } from './dispatcher.js';

/** The version of KurrentDB whose protocol the server speaks: clients choose features by it. */
export const SERVER_VERSION = '26.1.0';

const GROUPS = ['stream', 'all'] as const;

/** What KurrentDB of this version reports: lower-case names, and the features that clients check. */
const SUPPORTED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'event_store.client.gossip.gossip': { read: [] },
  'event_store.client.monitoring.monitoring': { stats: [] },
  'event_store.client.operations.operations': {
    mergeindexes: [],
    resignnode: [],
    restartpersistentsubscriptions: [],
    setnodepriority: [],
    shutdown: [],
    startscavenge: [],
    stopscavenge: [],
  },
  'event_store.client.persistent_subscriptions.persistentsubscriptions': {
    create: GROUPS,
    delete: GROUPS,
    getinfo: GROUPS,
    list: GROUPS,
    read: GROUPS,
    replayparked: GROUPS,
    restartsubsystem: GROUPS,
    update: GROUPS,
  },
  'event_store.client.projections.projections': {
    create: ['track_emitted_streams'],
    delete: [],
    disable: [],
    enable: [],
    reset: [],
    restartsubsystem: [],
    result: [],
    state: [],
    statistics: [],
    update: [],
  },
  'event_store.client.server_features.serverfeatures': { getsupportedmethods: [] },
  'event_store.client.streams.streams': {
    append: [],
    batchappend: ['deadline_duration'],
    delete: [],
    read: ['position', 'events'],
    tombstone: [],
  },
  'event_store.client.users.users': {
    changepassword: [],
    create: [],
    delete: [],
    details: [],
    disable: [],
    enable: [],
    resetpassword: [],
    update: [],
  },
  'kurrent.client.redaction.redaction': { geteventpositions: [], switchchunks: [] },
  'kurrentdb.protocol.v2.streams.streamsservice': { appendrecords: [], appendsession: [] },
};

/** The ServerFeatures service, the first call of every client. */
export function serverFeaturesService(): GrpcService {
  const response = new featuresPb.SupportedMethods().setEventStoreServerVersion(SERVER_VERSION);
  for (const [serviceName, methods] of Object.entries(SUPPORTED)) {
    for (const [methodName, features] of Object.entries(methods)) {
      response.addMethods(
        new featuresPb.SupportedMethod()
          .setServiceName(serviceName)
          .setMethodName(methodName)
          .setFeaturesList([...features]),
      );
    }
  }
  return {
    name: 'event_store.client.server_features.ServerFeatures',
    methods: { GetSupportedMethods: unary(sharedPb.Empty, () => response) },
  };
}
