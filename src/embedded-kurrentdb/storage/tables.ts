import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { isStorageFull, requireFreeSpace, reserveLockFile } from '../../common/storage-full.js';
import { CheckedTable, type Table } from './checked-table.js';
import { STATE, type TableSet } from './table-set.js';
import { initializeRows, upgradeRows } from './format-upgrade.js';
import {
  validateStoreFiles,
  CURRENT_FORMAT,
  FORMAT,
  FORMAT_WITHOUT_INDEXES,
  writeFormatFile,
  hasFormatFile,
  formatOf,
  STORE_FILE,
  DamagedFileError,
  UnusableStoreError,
} from './store-file.js';
import { StorageFullError } from './storage-full-error.js';

/**
 * Free bytes of the disk below which events are rejected: what follows the store on the same disk, such as read models,
 * needs room for the last events.
 */
const APPEND_RESERVED_BYTES = 8 * 1024 * 1024;
const FORMAT_KEY = Buffer.from('format');
const OWNER_KEY = Buffer.from('owner');

/** Reserved address space, not disk or memory: the file grows as it is written. */
const MAP_BYTES = 2 ** 40;

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;

export interface TablesOptions {
  readonly directory: string;
  /**
   * False for a temporary store: nothing is synced, and the file is unlinked immediately where the platform allows it.
   */
  readonly durable: boolean;
}

/**
 * The LMDB environment. One synchronous transaction at a time, on the disk when it returns (`overlappingSync: false`).
 *
 * | table | key | value |
 * |---|---|---|
 * | events | position | the event as a framed ReadResp message, checksum |
 * | revisions | stream id, revision | position |
 * | eventIds | stream id, event id | last revision |
 * | streams | name | id, last revision, tombstone |
 * | links | index stream id, page number | positions of the indexed events |
 * | gaps | stream id or 0, number / 1024 | bits: see {@link import('./gaps.js').Gaps} |
 * | users | login name | JSON |
 * | state | name | format, owner, counters |
 *
 * A row of events, streams, links, gaps, users and state has a checksum; revisions and event ids are compared with the
 * event.
 */
export class Tables implements TableSet {
  readonly events: Table;
  readonly revisions: Table;
  readonly eventIds: Table;
  readonly streams: CheckedTable;
  readonly links: CheckedTable;
  readonly gaps: CheckedTable;
  readonly users: CheckedTable;
  readonly state: CheckedTable;
  readonly #owner = randomBytes(16);
  #isOwner = false;

  private constructor(
    private readonly root: RootDatabase<Buffer, Buffer>,
    private readonly directory: string,
    private readonly durable: boolean,
  ) {
    const table = (name: string): Table => root.openDB<Buffer, Buffer>({ name, ...BINARY });
    const checked = (name: string): CheckedTable => new CheckedTable(table(name), name);
    this.state = checked('state');
    this.events = table('events');
    this.revisions = table('revisions');
    this.eventIds = table('eventIds');
    this.streams = checked('streams');
    this.links = checked('links');
    this.gaps = checked('gaps');
    this.users = checked('users');
  }

  /** Whether the index streams of a store of format 1 must be built before it is used. */
  get needsIndexBackfill(): boolean {
    return this.state.get(STATE.linkedTo) !== undefined;
  }

  /**
   * @throws UnusableStoreError, DamagedFileError if the directory has something else or a damaged store, which is not
   *   modified
   */
  static open({ directory, durable }: TablesOptions): Tables {
    validateStoreFiles(directory);
    const root = openEnvironment(join(directory, STORE_FILE), durable);
    const tables = new Tables(root, directory, durable);
    try {
      tables.#prepare();
    } catch (error) {
      void root.close();
      throw error;
    }
    if (!durable && process.platform !== 'win32') rmSync(directory, { recursive: true, force: true });
    else if (durable) writeFormatFile(directory);
    return tables;
  }

  /** Runs work that adds events as {@link transaction}, if the disk has room for what follows them. */
  append<T>(work: () => T): T {
    return this.transaction(work, this.durable ? APPEND_RESERVED_BYTES : undefined);
  }

  /**
   * Runs the work as one transaction, which is synced to disk when this returns. If the work or the commit throws,
   * nothing is written.
   * @param reservedBytes free bytes that the disk must have; by default what a commit needs
   * @throws UnusableStoreError if another process has opened the store, StorageFullError
   */
  transaction<T>(work: () => T, reservedBytes?: number): T {
    const directory = this.durable ? this.directory : tmpdir();
    try {
      requireFreeSpace(directory, reservedBytes);
      const result = this.root.transactionSync(() => {
        this.#requireOwnership();
        return work();
      });
      this.#isOwner = true;
      return result;
    } catch (error) {
      throw isStorageFull(error, directory) ? new StorageFullError(error) : error;
    }
  }

  /** Initializes a new store, upgrades one of an earlier format, and becomes the owner. */
  #prepare(): void {
    const { raw } = this.state;
    const found = raw.getBinary(FORMAT_KEY);
    if (found === undefined && hasFormatFile(this.directory))
      throw new DamagedFileError(`${join(this.directory, STORE_FILE)} is damaged: its format is missing`);
    const format = found === undefined ? undefined : formatOf(this.directory, found);
    try {
      this.transaction(() => {
        if (format === undefined) initializeRows(this);
        else if (format < CURRENT_FORMAT) upgradeRows(this, format > FORMAT_WITHOUT_INDEXES);
        raw.putSync(FORMAT_KEY, FORMAT);
      });
    } catch (error) {
      // Without room it is opened for reading; the first transaction that succeeds makes it the owner.
      if (!(error instanceof StorageFullError) || format !== CURRENT_FORMAT) throw error;
    }
  }

  async close(): Promise<void> {
    await this.root.close();
  }

  #requireOwnership(): void {
    if (!this.#isOwner) this.state.raw.putSync(OWNER_KEY, this.#owner);
    else if (this.state.raw.getBinary(OWNER_KEY)?.equals(this.#owner) !== true)
      throw new UnusableStoreError('another process has opened this store for writing');
  }
}

function openEnvironment(path: string, durable: boolean): RootDatabase<Buffer, Buffer> {
  try {
    reserveLockFile(`${path}-lock`);
    return open<Buffer, Buffer>({
      path,
      noSubdir: true,
      ...BINARY,
      overlappingSync: false,
      noSync: !durable,
      remapChunks: false,
      mapSize: MAP_BYTES,
      maxDbs: 16,
    });
  } catch (error) {
    throw new UnusableStoreError(
      `${path} cannot be opened as a store: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
