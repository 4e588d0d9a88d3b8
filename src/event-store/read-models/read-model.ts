import { type Database, type Key, open, type RootDatabase } from 'lmdb';
import {
  type EventBatch,
  type EventStore,
  type EventSubscription,
  InsufficientStorageError,
  type Position,
  type RecordedEvent,
  type SubscriptionOptions,
} from '../domain/index.js';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../common/clock.js';
import { isStorageFull, requireFreeSpace, reserveLockFile } from '../../common/storage-full.js';
import { type LogMark } from '../store-watch/judge-store.js';
import { type StoreWatch } from '../store-watch/store-watch.js';
import { ReadModelDirectory } from './read-model-directory.js';
import { StreamFollower } from './stream-follower.js';

/** The tables of one read model. */
export interface ReadModelTables {
  /** @throws Error for a name that the definition does not have */
  table<Value, TableKey extends Key>(name: string): Database<Value, TableKey>;
}

/** A read model in LMDB tables. */
export interface ReadModelDefinition {
  readonly name: string;
  /** Increment it when the layout or the meaning of the tables changes: they are then rebuilt from the streams. */
  readonly version: number;
  readonly streamNamePrefixes: readonly string[];
  readonly tables: readonly string[];
  /** Applies malformed events too, with their `problem`; they are skipped by default. */
  readonly includeMalformed?: true;
  /**
   * Applies events to the tables, in one transaction with the checkpoint. Must be synchronous and must not read the
   * clock: a rebuild has to give the same tables.
   */
  readonly apply: (tables: ReadModelTables, events: readonly RecordedEvent[]) => void;
}

interface Checkpoint {
  readonly commit: string;
  readonly prepare: string;
  readonly storeIdentity: string;
  /** {@link ReadModel.currentAt}; absent from earlier versions. */
  readonly currentAt?: number;
  /** The last event that was seen in the store; absent from earlier versions and without a {@link StoreWatch}. */
  readonly last?: StoredMark;
}

/** {@link LogMark} with positions and revision as text. */
type StoredMark = Readonly<Record<keyof LogMark, string>>;

const CHECKPOINT = 'checkpoint';

/**
 * LMDB tables that follow `$all`; each batch is committed together with its checkpoint, from which a restart resumes.
 */
export class ReadModel extends StreamFollower implements ReadModelTables {
  readonly #directory: ReadModelDirectory;
  readonly #root: RootDatabase;
  readonly #meta: Database<Checkpoint, string>;
  readonly #tables: ReadonlyMap<string, Database<unknown, Key>>;
  #storeIdentity: string | undefined;
  /** Commit position of the checkpoint in the tables. */
  #storedCommit: string | undefined;
  #currentAt: number | undefined;

  /**
   * @param path directory of this model alone; created if missing
   * @param watch compares the store with what the tables were made from, before the model resumes
   */
  constructor(
    private readonly definition: ReadModelDefinition,
    private readonly store: Pick<EventStore, 'subscribeToAll' | 'identity'>,
    private readonly path: string,
    private readonly watch?: Pick<StoreWatch, 'last' | 'remember'>,
    private readonly clock: Clock = systemClock,
  ) {
    super(definition.name);
    this.#directory = ReadModelDirectory.open(path);
    this.#root = this.#directory.openTables(() => {
      reserveLockFile(join(path, 'lock.mdb'));
      return open({ path, maxDbs: 32, noSync: true });
    });
    if (this.#directory.problem !== undefined) this.logger.warn(this.#directory.problem);
    this.#meta = this.#root.openDB<Checkpoint, string>({ name: 'meta' });
    // All of them now: a table that is created inside a transaction disappears when that is rolled back.
    this.#tables = new Map(
      definition.tables.map((name) => [name, this.#root.openDB<unknown, Key>({ name: `table:${name}` })]),
    );
    const { last, currentAt } = this.#meta.get(CHECKPOINT) ?? {};
    if (last) this.watch?.remember(fromStored(last));
    this.#currentAt = currentAt;
    this.listen({ onCaughtUp: () => (this.#currentAt = this.clock.now()) });
  }

  /**
   * When the tables had all events of the store, in epoch milliseconds: the last time that is known, also by an earlier
   * process. Undefined if they never had.
   */
  get currentAt(): number | undefined {
    return this.#currentAt;
  }

  table<Value, TableKey extends Key>(name: string): Database<Value, TableKey> {
    const opened = this.#tables.get(name);
    if (!opened) throw new Error(`The read model '${this.name}' has no table '${name}'`);
    return opened as Database<Value, TableKey>;
  }

  /** Identity of the store that the tables were made from; undefined for new tables. */
  get storeIdentity(): string | undefined {
    return this.#meta.get(CHECKPOINT)?.storeIdentity;
  }

  /** Resumes behind the checkpoint; tables of another store are cleared first. */
  protected override async subscribe(options: SubscriptionOptions): Promise<EventSubscription> {
    this.#storeIdentity = await this.store.identity();
    let checkpoint = this.#meta.get(CHECKPOINT);
    if (checkpoint && !checkpoint.last && checkpoint.storeIdentity !== this.#storeIdentity) {
      this.logger.warn('The tables are those of another store; rebuilding them from the streams');
      this.clear();
      checkpoint = undefined;
    }
    const position: Position | undefined = checkpoint && {
      commit: BigInt(checkpoint.commit),
      prepare: BigInt(checkpoint.prepare),
    };
    this.#storedCommit = checkpoint?.commit;
    this.resumeAt(position);
    return this.store.subscribeToAll({
      ...options,
      ...(position ? { after: position } : {}),
      filter: { streamNamePrefixes: this.definition.streamNamePrefixes },
    });
  }

  protected override async applyBatch({ events, position }: EventBatch): Promise<readonly RecordedEvent[]> {
    if (!position) return [];
    const applied = events.filter((event) => this.#isApplicable(event));
    await (applied.length > 0 ? this.#commit(position, applied) : this.#commitUnlessFull(position));
    return applied;
  }

  protected override async applyCheckpoint(position: Position): Promise<void> {
    await this.#commitUnlessFull(position);
  }

  protected override async close(): Promise<void> {
    await this.#root.close();
    try {
      this.#directory.close();
    } catch (error) {
      this.logger.warn(
        `The next start rebuilds the tables: they could not be closed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** Nothing was to be applied: on a full disk, a later start reads the same events again. */
  async #commitUnlessFull(position: Position): Promise<void> {
    try {
      await this.#commit(position, []);
    } catch (error) {
      if (!(error instanceof InsufficientStorageError)) throw error;
    }
  }

  async #commit(position: Position, events: readonly RecordedEvent[]): Promise<void> {
    this.#storeIdentity ??= await this.store.identity();
    const last = this.watch?.last;
    const currentAt = this.isCaughtUp ? this.clock.now() : this.#currentAt;
    this.#transaction(() => {
      // An event must be counted once. A process in another container with the same directory cannot be detected
      // otherwise.
      if (this.#meta.get(CHECKPOINT)?.commit !== this.#storedCommit)
        throw new Error('Another process writes to the same tables; set DATA_DIR to a directory of its own for each');
      // eslint-disable-next-line prefer-spread -- a method of that name, not Function.prototype.apply
      if (events.length > 0) this.definition.apply(this, events);
      void this.#meta.put(CHECKPOINT, {
        commit: String(position.commit),
        prepare: String(position.prepare),
        storeIdentity: this.#storeIdentity ?? '',
        ...(currentAt === undefined ? {} : { currentAt }),
        ...(last ? { last: toStored(last) } : {}),
      });
    });
    this.#storedCommit = String(position.commit);
    this.#currentAt = currentAt;
  }

  /** @throws Error for an event of a newer schema version: without it the tables would stay wrong */
  #isApplicable({ problem, type, streamName, revision }: RecordedEvent): boolean {
    if (!problem) return true;
    const event = `Event '${type}' at revision ${revision} of '${streamName}'`;
    if (problem.reason === 'newer-schema-version') throw new Error(`${event} cannot be applied: ${problem.message}`);
    this.logger.warn(
      `${event} ${this.definition.includeMalformed ? 'is malformed' : 'is skipped'}: ${problem.message}`,
    );
    return this.definition.includeMalformed ?? false;
  }

  /** A synchronous transaction: only that is rolled back when the callback throws. @throws InsufficientStorageError */
  #transaction(work: () => void): void {
    try {
      requireFreeSpace(this.path);
      this.#root.transactionSync(work);
    } catch (error) {
      if (!isStorageFull(error, this.path)) throw error;
      throw new InsufficientStorageError(
        'The disk of DATA_DIR is full, so this replica cannot follow KurrentDB; it continues when there is room',
        { cause: error },
      );
    }
  }

  protected override clear(): void {
    this.#transaction(() => {
      for (const table of this.#tables.values()) table.clearSync();
      void this.#meta.remove(CHECKPOINT);
    });
    this.#storedCommit = undefined;
    this.#currentAt = undefined;
  }
}

function toStored({ commit, prepare, revision, ...mark }: LogMark): StoredMark {
  return { ...mark, commit: String(commit), prepare: String(prepare), revision: String(revision) };
}

function fromStored({ commit, prepare, revision, ...mark }: StoredMark): LogMark {
  return { ...mark, commit: BigInt(commit), prepare: BigInt(prepare), revision: BigInt(revision) };
}
