import { Logger } from '@nestjs/common';
import { type Database, type Key, open, type RootDatabase } from 'lmdb';
import {
  type EventBatch,
  type EventStore,
  type EventSubscription,
  type Position,
  type RecordedEvent,
} from '../domain/index.js';
import { ReadModelDirectory } from './read-model-directory.js';

/** The tables of one read model. */
export interface ReadModelTables {
  /** @throws Error for a name that the definition does not have */
  table<Value, TableKey extends Key>(name: string): Database<Value, TableKey>;
}

/** What a feature says of its read model. */
export interface ReadModelDefinition {
  readonly name: string;
  /** Raise it when the tables' layout or meaning changes: the model is then built anew from the streams. */
  readonly version: number;
  readonly streamNamePrefixes: readonly string[];
  /** Names of its tables. */
  readonly tables: readonly string[];
  /** Events that could not be read are applied too, with their `problem`; left out where absent. */
  readonly includeMalformed?: true;
  /**
   * Brings the tables to where they stand after the events. Runs inside one transaction, together with the checkpoint: either
   * all of it is kept or nothing. Must be synchronous and must not read the clock: a rebuild has to give the same tables.
   */
  readonly apply: (tables: ReadModelTables, events: readonly RecordedEvent[]) => void;
}

interface Checkpoint {
  readonly commit: string;
  readonly prepare: string;
  readonly storeIdentity: string;
}

const CHECKPOINT = 'checkpoint';
const RETRY_MS = 1_000;

/** Tables in LMDB that a subscription to `$all` keeps up to date (DESIGN, decision 3). */
export class ReadModel implements ReadModelTables {
  readonly #logger: Logger;
  readonly #directory: ReadModelDirectory;
  readonly #root: RootDatabase;
  readonly #meta: Database<Checkpoint, string>;
  readonly #tables: ReadonlyMap<string, Database<unknown, Key>>;
  readonly #waiting = new Set<() => void>();
  readonly #listeners = new Set<(events: readonly RecordedEvent[]) => void>();
  #subscription: EventSubscription | undefined;
  #position: Position | undefined;
  #storeIdentity: string | undefined;
  #isCaughtUp = false;
  #interruption: Error | undefined;
  #stopped = false;
  #starting: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;

  /** @param directory holds this model and nothing else; made where it is missing */
  constructor(
    private readonly definition: ReadModelDefinition,
    private readonly store: Pick<EventStore, 'subscribeToAll' | 'identity'>,
    directory: string,
  ) {
    this.#logger = new Logger(`ReadModel:${definition.name}`);
    this.#directory = ReadModelDirectory.open(directory);
    this.#root = open({ path: directory, maxDbs: 32, noSync: this.#directory.isUnsynced });
    this.#meta = this.#root.openDB<Checkpoint, string>({ name: 'meta' });
    // All of them now: a table that is made inside a transaction goes with it when that is rolled back.
    this.#tables = new Map(
      definition.tables.map((name) => [name, this.#root.openDB<unknown, Key>({ name: `table:${name}` })]),
    );
  }

  /** All events that were in the store at the start of the subscription have been applied, and it is connected. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** Everything up to here is in the tables; undefined before the first batch. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** What keeps it from following the streams; undefined while nothing does. */
  get interruption(): Error | undefined {
    return this.#interruption;
  }

  table<Value, TableKey extends Key>(name: string): Database<Value, TableKey> {
    const opened = this.#tables.get(name);
    if (!opened) throw new Error(`The read model '${this.definition.name}' names no table '${name}'`);
    return opened as Database<Value, TableKey>;
  }

  /** Starts as soon as the store can be reached, tried again until then. */
  startWhenReachable(): void {
    this.#starting ??= this.#tryToStart(1);
  }

  /** Goes on behind the checkpoint; begins anew where the tables are those of another store. @throws ConnectionError, TimeoutError */
  async start(): Promise<void> {
    if (this.#subscription || this.#stopped) return;
    this.#storeIdentity = await this.store.identity();
    const checkpoint = this.#meta.get(CHECKPOINT);
    if (checkpoint && checkpoint.storeIdentity !== this.#storeIdentity) {
      this.#logger.warn('The tables are those of another store; building them anew from the streams');
      this.#clear();
    }
    const resumed = this.#meta.get(CHECKPOINT);
    this.#position = resumed && { commit: BigInt(resumed.commit), prepare: BigInt(resumed.prepare) };
    this.#subscription = this.store.subscribeToAll({
      ...(this.#position ? { after: this.#position } : {}),
      filter: { streamNamePrefixes: this.definition.streamNamePrefixes },
      onBatch: (batch) => this.#apply(batch),
      onCaughtUp: () => {
        this.#isCaughtUp = true;
        this.#interruption = undefined;
      },
      onInterrupted: (error) => {
        this.#isCaughtUp = false;
        this.#interruption = error;
        this.#logger.warn(`Interrupted, trying again: ${error.message}`);
      },
    });
  }

  /**
   * Waits until everything up to the position of a write is in the tables, so that its writer reads it.
   *
   * @returns false when it was not within `timeoutMs`
   */
  async waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (!this.#hasPassed(position)) {
      const left = deadline - Date.now();
      if (left <= 0 || this.#stopped) return false;
      await this.#nextBatch(left);
    }
    return true;
  }

  /**
   * Tells of events as soon as they are in the tables.
   *
   * @returns a function that ends the listening
   */
  listen(listener: (events: readonly RecordedEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the running batch, if any, is kept. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#retry);
    await this.#starting;
    await this.#subscription?.stop();
    this.#wakeAll();
    await this.#root.close();
    this.#directory.close();
  }

  async #tryToStart(attempt: number): Promise<void> {
    try {
      await this.start();
      if (attempt > 1) this.#logger.log('The store can be reached; following the streams');
    } catch (error) {
      if (attempt === 1)
        this.#logger.warn(
          `Not following the streams yet, tried again every ${RETRY_MS} ms: ${error instanceof Error ? error.message : String(error)}`,
        );
      if (this.#stopped) return;
      this.#retry = setTimeout(() => {
        this.#starting = this.#tryToStart(attempt + 1);
      }, RETRY_MS);
    }
  }

  async #apply({ events, position }: EventBatch): Promise<void> {
    if (!position) return;
    this.#storeIdentity ??= await this.store.identity();
    const readable = events.filter((event) => this.#isReadable(event));
    // A synchronous transaction, because only that is rolled back when the callback throws.
    this.#root.transactionSync(() => {
      // What is counted must be counted once. A process in another container that has the same directory cannot be seen otherwise.
      if (this.#meta.get(CHECKPOINT)?.commit !== this.#position?.commit.toString())
        throw new Error('Another process writes to the same tables; set DATA_DIR to a directory of its own for each');
      // eslint-disable-next-line prefer-spread -- a method of that name, not Function.prototype.apply
      this.definition.apply(this, readable);
      void this.#meta.put(CHECKPOINT, {
        commit: String(position.commit),
        prepare: String(position.prepare),
        storeIdentity: this.#storeIdentity ?? '',
      });
    });
    this.#position = position;
    this.#interruption = undefined;
    this.#wakeAll();
    if (readable.length > 0) for (const listener of this.#listeners) this.#notify(listener, readable);
  }

  /** The batch is kept already: a listener that fails must not have it delivered, and applied, again. */
  #notify(listener: (events: readonly RecordedEvent[]) => void, events: readonly RecordedEvent[]): void {
    try {
      listener(events);
    } catch (error) {
      this.#logger.error(`A listener failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** @throws Error for an event of a newer schema version: leaving it out would make the tables wrong for ever */
  #isReadable({ problem, type, streamName, revision }: RecordedEvent): boolean {
    if (!problem) return true;
    const what = `Event '${type}' at revision ${revision} of '${streamName}'`;
    if (problem.reason === 'newer-schema-version') throw new Error(`${what} cannot be applied: ${problem.message}`);
    this.#logger.warn(
      `${what} ${this.definition.includeMalformed ? 'cannot be read' : 'is left out'}: ${problem.message}`,
    );
    return this.definition.includeMalformed ?? false;
  }

  #clear(): void {
    this.#root.transactionSync(() => {
      for (const table of this.#tables.values()) table.clearSync();
      void this.#meta.remove(CHECKPOINT);
    });
  }

  #hasPassed({ commit }: Position): boolean {
    return this.#position !== undefined && this.#position.commit >= commit;
  }

  #nextBatch(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#waiting.add(wake);
    });
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
