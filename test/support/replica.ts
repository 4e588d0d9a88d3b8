import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/common/clock.js';
import { randomString } from '../../src/common/random-string.js';
import {
  type AllSubscriptionOptions,
  type Clock,
  type EventBatch,
  type EventStore,
  type EventSubscription,
  type AuthenticatedCaller,
  type Override,
  type Role,
  StreamAuthorizer,
  ValidationError,
} from '../../src/event-store/domain/index.js';
import { ReadModel } from '../../src/event-store/read-models/read-model.js';
import {
  type DataSchemas,
  UserStreamMetadata,
  UserStreamFeed,
  UserStreamQueries,
  UserStreams,
  type WriteRequest,
} from '../../src/user-streams/application/index.js';
import {
  QuotaReservations,
  streamNameOf,
  type Usage,
  type UserData,
  type UserStreamKey,
} from '../../src/user-streams/domain/index.js';
import {
  userStreamsReadModel,
  LmdbUserStreamReadModel,
} from '../../src/user-streams/read-model/lmdb-user-stream-read-model.js';
import { type Connected, useStore } from './connected-store.js';
import { until } from './eventually.js';

/** One process of the service, as far as user streams go, with what a test may reach into. */
export interface Replica {
  readonly streams: UserStreams;
  readonly queries: UserStreamQueries;
  readonly details: UserStreamMetadata;
  readonly feed: UserStreamFeed;
  readonly table: LmdbUserStreamReadModel;
  readonly model: ReadModel;
  /** Holds back what the read model follows. */
  readonly delay: Delay;
  /** Accesses by virtue of a role. */
  readonly overrides: readonly Override[];
}

export interface ReplicaOptions {
  readonly quota?: Usage;
  readonly clock?: Clock;
  /** Its read model gets nothing yet, until its delay ends. */
  readonly isLate?: true;
  /** The store, as this replica gets to see it. */
  readonly seeing?: (store: EventStore) => EventStore;
}

/** Delivers to its subscriber later than the store does. */
export class Delay {
  #gate = Promise.resolve();
  #open = (): void => undefined;

  /** From here on nothing is delivered. */
  begin(): void {
    this.#gate = new Promise((resolve) => (this.#open = resolve));
  }

  end(): void {
    this.#open();
  }

  subscribing(store: EventStore): Pick<EventStore, 'subscribeToAll' | 'identity'> {
    return {
      identity: () => store.identity(),
      subscribeToAll: (options: AllSubscriptionOptions): EventSubscription =>
        store.subscribeToAll({
          ...options,
          onBatch: async (batch: EventBatch) => {
            await this.#gate;
            await options.onBatch(batch);
          },
        }),
    };
  }
}

/** Takes all data but those with a member `refused`. */
const schemas: DataSchemas = {
  check: (_type, _category, data, within) => {
    if ('refused' in data)
      throw new ValidationError(`${within ?? 'request'}: refused`, {
        details: { mistakes: [{ path: 'data.refused', problem: 'must not be there' }] },
      });
  },
  nameFor: (type) => `${type}@1`,
  describe: () => [],
};

/** A store, and `open` for replicas on it. */
export interface Replicas extends Connected {
  readonly open: (options?: ReplicaOptions) => Promise<Replica>;
}

/** What {@link useReplica} prepares for each test; `key` is the key of a stream that does not exist yet, `name` its name. */
export interface Prepared {
  readonly store: EventStore;
  readonly replica: Replica;
  readonly key: UserStreamKey;
  readonly name: string;
}

/** Opens a replica before each test of a suite with a store of its own. */
export function useReplica(prepare: (prepared: Prepared) => void): Replicas {
  const replicas = useReplicas();
  beforeEach(async () => {
    const key = newKey();
    prepare({ store: replicas.store, replica: await replicas.open(), key, name: streamNameOf(key) });
  });
  return replicas;
}

/** The store of a suite, and replicas with a read model each, which are closed after each test. */
export function useReplicas(): Replicas {
  const connected = useStore();
  const opened: { readonly replica: Replica; readonly directory: string }[] = [];
  afterEach(async () => {
    for (const { replica, directory } of opened.splice(0)) {
      replica.delay.end();
      await replica.model.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  });
  const open: Replicas['open'] = async ({
    quota: limit = { streams: 1_000, bytes: 1e9 },
    clock = systemClock,
    isLate,
    seeing = (store: EventStore) => store,
  } = {}) => {
    const directory = mkdtempSync(join(tmpdir(), 'user-streams-'));
    const delay = new Delay();
    const store = seeing(connected.store);
    const model = new ReadModel(userStreamsReadModel, delay.subscribing(store), directory);
    const table = new LmdbUserStreamReadModel(model);
    const overrides: Override[] = [];
    const authorizer = new StreamAuthorizer({ overridden: (override) => overrides.push(override) });
    const quota = new QuotaReservations(limit);
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    const streams = new UserStreams({
      store,
      readModel: table,
      authorizer,
      schemas,
      quota,
      clock,
      random: randomString,
      digest,
    });
    const queries = new UserStreamQueries(table, store, authorizer);
    const replica = {
      streams,
      queries,
      details: new UserStreamMetadata(store, table, authorizer, clock),
      feed: new UserStreamFeed(table, store, queries, authorizer),
      table,
      model,
      delay,
      overrides,
    };
    opened.push({ replica, directory });
    if (isLate) delay.begin();
    model.startWhenReachable();
    if (!isLate) await until(() => table.isCaughtUp);
    return replica;
  };
  return {
    open,
    get store() {
      return connected.store;
    },
    get clients() {
      return connected.clients;
    },
  };
}

/** A caller of that id, beside its roles a user. */
export const callerOf = (id: string, ...roles: readonly Role[]): AuthenticatedCaller => ({
  kind: 'known',
  id,
  roles: new Set<Role>(['user', ...roles]),
});

/** The stream of a user that nobody else has. */
export const newKey = (more: Partial<UserStreamKey> = {}): UserStreamKey => ({
  userId: `u-${randomUUID()}`,
  type: 'profile',
  category: 'default',
  ...more,
});

/** A request of the stream's user without conditions, where nothing else is said. */
export const requestFor = (key: UserStreamKey, more: Partial<WriteRequest> = {}): WriteRequest => ({
  caller: callerOf(key.userId),
  key,
  precondition: { kind: 'none' },
  idempotencyKey: undefined,
  requestId: 'request-1',
  ...more,
});

/** The request, demanding that the stream is at a revision. */
export const atRevision = (revision: number): Pick<WriteRequest, 'precondition'> => ({
  precondition: { kind: 'revision', revision: BigInt(revision) },
});

/** The data as the replica answers them. */
export function dataOf({ table }: Pick<Replica, 'table'>, key: UserStreamKey): UserData | undefined {
  const stored = table.data(key);
  return stored && (JSON.parse(stored.json) as UserData);
}

/** What the error of a refused promise is; fails where it is not refused. */
export async function refusalOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(
        `it was not refused but gave ${JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member))}`,
      );
    },
    (error: unknown) => error,
  );
}

/** Waits until the read model has passed all that the store holds of a stream, and of its metadata. */
export async function caughtUp(
  { model }: Pick<Replica, 'model'>,
  store: EventStore,
  key: UserStreamKey,
): Promise<void> {
  const { position } = await store.appendToStream(`user-${randomUUID()}-activity`, {
    type: 'Mark',
    data: { after: streamNameOf(key) },
  });
  if (!position || !(await model.waitFor(position, 10_000))) throw new Error('the read model does not follow');
}
