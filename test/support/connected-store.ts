import { randomUUID } from 'node:crypto';
import { systemClock as clock } from '../../src/common/clock.js';
import { randomString as random } from '../../src/common/random-string.js';
import {
  defineEvent,
  type EventDefinition,
  EventRegistry,
  StreamCreated,
  StreamDeleted,
  StreamRestored,
} from '../../src/event-store/domain/index.js';
import { EventCodec } from '../../src/event-store/kurrentdb/event-codec.js';
import { RecoveringClient } from '../../src/event-store/kurrentdb/recovering-client.js';
import { KurrentDBService } from '../../src/event-store/kurrentdb/kurrentdb.service.js';
import { UserDataUpdated } from '../../src/user-streams/domain/index.js';
import { EXTERNAL_CONNECTION_STRING, KurrentDBServer } from './kurrentdb-server.js';

export interface Greeted {
  readonly greeting: string;
}

export const Greeted = defineEvent<'Greeted', Greeted>({
  type: 'Greeted',
  schemaVersion: 2,
  upcasters: { 1: (data) => ({ greeting: (data as { text: string }).text }) },
  parse: (data) => {
    const { greeting } = data as Partial<Greeted>;
    if (typeof greeting !== 'string') throw new Error('greeting must be a string');
    return { greeting };
  },
});

export interface Connected {
  readonly store: KurrentDBService;
  readonly clients: RecoveringClient;
  readonly connectionString: string;
}

/** The KurrentDBService of a server, as the EventStoreModule creates it. */
export function connect(connectionString: string, timeoutMs = 5_000): Connected {
  const registry = new EventRegistry();
  for (const definition of [
    StreamCreated,
    StreamDeleted,
    StreamRestored,
    UserDataUpdated,
    Greeted,
  ] as EventDefinition[])
    registry.register(definition);
  const clients = new RecoveringClient(connectionString);
  return {
    connectionString,
    clients,
    store: new KurrentDBService(clients, new EventCodec(registry, clock, random), { timeoutMs, clock, random }),
  };
}

export const greeted = (greeting: string): { type: 'Greeted'; data: Greeted } => ({
  type: 'Greeted',
  data: { greeting },
});
export const newStream = (): string => `service-uptime-contract-${randomUUID()}`;

/** Connects a suite to the external server, or to an embedded one of its own, and closes all afterwards. */
export function useStore(): Connected {
  const connected: { -readonly [Key in keyof Connected]?: Connected[Key] } = {};
  let server: KurrentDBServer | undefined;
  beforeAll(async () => {
    server =
      EXTERNAL_CONNECTION_STRING === undefined
        ? await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0')
        : undefined;
    Object.assign(connected, connect(EXTERNAL_CONNECTION_STRING ?? server?.connectionString ?? ''));
  });
  afterAll(async () => {
    await connected.clients?.close();
    await server?.kill();
  });
  const opened = <Key extends keyof Connected>(key: Key): Connected[Key] => {
    const value = connected[key];
    if (!value) throw new Error('the store is available from beforeAll on');
    return value;
  };
  return {
    get store() {
      return opened('store');
    },
    get clients() {
      return opened('clients');
    },
    get connectionString() {
      return opened('connectionString');
    },
  };
}
