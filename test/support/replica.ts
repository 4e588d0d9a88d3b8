import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { systemClock } from '../../src/common/clock.js';
import { randomString } from '../../src/common/random-string.js';
import {
  type AllSubscriptionOptions,
  type Caller,
  type Clock,
  type EventBatch,
  type EventStore,
  type EventSubscription,
  type AuthenticatedCaller,
  type Override,
  type Position,
  type Role,
  StreamAuthorizer,
  ValidationError,
} from '../../src/event-store/domain/index.js';
import { Freshness } from '../../src/event-store/read-models/freshness.js';
import { EventPages } from '../../src/event-store/event-pages.js';
import { Poll } from '../../src/event-store/poll.js';
import { ReadModel } from '../../src/event-store/read-models/read-model.js';
import {
  CurrentStreams,
  type DataSchemas,
  type FeedReader,
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

/** The user streams of one service process, with access to its internals. */
export interface Replica {
  readonly streams: UserStreams;
  readonly queries: UserStreamQueries;
  readonly metadata: UserStreamMetadata;
  readonly feed: UserStreamFeed;
  readonly table: LmdbUserStreamReadModel;
  readonly model: ReadModel;
  readonly freshness: Freshness;
  /** Delays the subscription of the read model. */
  readonly delay: Delay;
  /** Accesses that only a role allowed. */
  readonly overrides: readonly Override[];
}

export interface ReplicaOptions {
  readonly quota?: Usage;
  readonly clock?: Clock;
  /** Starts with the delay of its read model active. */
  readonly isDelayed?: true;
  /** Wraps the store of this replica, such as to inject failures. */
  readonly wrapStore?: (store: EventStore) => EventStore;
}

/** Delays the batches of a subscription. */
export class Delay {
  #gate = Promise.resolve();
  #open = (): void => undefined;

  /** Stops delivery until {@link end}. */
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
          onCheckpoint: async (position: Position) => {
            await this.#gate;
            await options.onCheckpoint?.(position);
          },
        }),
    };
  }
}

/** Rejects data with a member `refused`. */
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

/** Prepared by {@link useReplica} for each test; `key` and `name` are those of a stream that does not exist. */
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
  const opened: { readonly replica: Replica; readonly poll: Poll; readonly directory: string }[] = [];
  afterEach(async () => {
    for (const { replica, poll, directory } of opened.splice(0)) {
      replica.delay.end();
      await poll.stop();
      await replica.model.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  });
  const open: Replicas['open'] = async ({
    quota: limit = { streams: 1_000, bytes: 1e9 },
    clock = systemClock,
    isDelayed,
    wrapStore = (store: EventStore) => store,
  } = {}) => {
    const directory = mkdtempSync(join(tmpdir(), 'user-streams-'));
    const delay = new Delay();
    const store = wrapStore(connected.store);
    const model = new ReadModel(userStreamsReadModel, delay.subscribing(store), directory);
    const freshness = new Freshness(model, store, userStreamsReadModel.streamNamePrefixes, systemClock);
    const table = new LmdbUserStreamReadModel(model, freshness);
    const overrides: Override[] = [];
    const authorizer = new StreamAuthorizer({ overridden: (override) => overrides.push(override) });
    const current = new CurrentStreams(table, store, authorizer, systemClock);
    const quota = new QuotaReservations(limit);
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    const streams = new UserStreams({
      store,
      readModel: table,
      current,
      authorizer,
      schemas,
      quota,
      clock,
      random: randomString,
      digest,
    });
    const queries = new UserStreamQueries(table, store, authorizer, current);
    const replica = {
      streams,
      queries,
      metadata: new UserStreamMetadata(store, table, authorizer, clock, quota),
      feed: new UserStreamFeed(table, store, new EventPages(store), queries, authorizer, current, clock),
      table,
      model,
      freshness,
      delay,
      overrides,
    };
    const poll = new Poll(() => freshness.observe(), systemClock);
    poll.start();
    opened.push({ replica, poll, directory });
    if (isDelayed) delay.begin();
    model.startWhenReachable();
    if (!isDelayed) await until(() => table.isCaughtUp);
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
    get connectionString() {
      return connected.connectionString;
    },
  };
}

/** A caller with the role `user` and these roles. */
export const callerOf = (id: string, ...roles: readonly Role[]): AuthenticatedCaller => ({
  kind: 'known',
  id,
  roles: new Set<Role>(['user', ...roles]),
});

/** Reader of a feed whose credentials stay valid. */
export const readerOf = (caller: Caller): FeedReader => ({
  current: () => ({ caller }),
  listen: () => () => undefined,
});

/** Key of a profile of a new user. */
export const newKey = (more: Partial<UserStreamKey> = {}): UserStreamKey => ({
  userId: `u-${randomUUID()}`,
  type: 'profile',
  category: 'default',
  ...more,
});

/** By default a request of the stream's user without a precondition. */
export const requestFor = (key: UserStreamKey, more: Partial<WriteRequest> = {}): WriteRequest => ({
  caller: callerOf(key.userId),
  key,
  precondition: { kind: 'none' },
  idempotencyKey: undefined,
  requestId: 'request-1',
  ...more,
});

/** Precondition that the stream is at a revision. */
export const atRevision = (revision: number): Pick<WriteRequest, 'precondition'> => ({
  precondition: { kind: 'revision', revision: BigInt(revision) },
});

/** The data in the replica's read model. */
export function dataOf({ table }: Pick<Replica, 'table'>, key: UserStreamKey): UserData | undefined {
  const stored = table.data(key);
  return stored && (JSON.parse(stored.json) as UserData);
}

/** The error of a rejected promise. @throws Error if it is fulfilled */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`expected a rejection, got ${inspect(value)}`);
    },
    (error: unknown) => error,
  );
}

/** Waits until the read model has received all events of a stream and its metadata. */
export async function caughtUp(
  { model }: Pick<Replica, 'model'>,
  store: EventStore,
  key: UserStreamKey,
): Promise<void> {
  const { position } = await store.appendToStream(`user-${randomUUID()}-activity`, {
    type: 'Mark',
    data: { after: streamNameOf(key) },
  });
  if (!position || !(await model.waitFor(position, 10_000)))
    throw new Error('the read model did not catch up within 10 s');
}
