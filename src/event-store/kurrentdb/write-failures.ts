import { StorageFullLog } from './storage-full-log.js';
import { type Clock, ConnectionError, InsufficientStorageError, TimeoutError } from '../domain/index.js';

/** Writes of one kind that fail in a row, after which writes count as failing. */
const MIN_FAILURES = 3;
/** Without another write of the kind, a failure says nothing about now any more. */
const FORGET_MS = 60_000;

/** Failures of the store, not of what was asked of it. */
const FAILURES = [ConnectionError, InsufficientStorageError, TimeoutError] as const;

interface Failures {
  count: number;
  last: number;
  message: string;
}

/**
 * Whether writes have been failing, by kind: the connection test appends a small event, and its success says nothing of
 * other writes, which take another path through the client and the store.
 */
export class WriteFailures {
  readonly #storageFullLog = new StorageFullLog();
  readonly #byKind = new Map<string, Failures>();

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  /** Why the writes of a kind have been failing; undefined if those of every kind succeed. */
  get reason(): string | undefined {
    const earliest = this.clock.monotonic() - FORGET_MS;
    return [...this.#byKind.values()].find(({ count, last }) => count >= MIN_FAILURES && last > earliest)?.message;
  }

  /** Settles as the write does. @param kind such as `appending to` */
  async watch<Value>(kind: string, write: Promise<Value>): Promise<Value> {
    try {
      const value = await this.#storageFullLog.watch(write);
      this.#byKind.delete(kind);
      return value;
    } catch (error) {
      const failure = FAILURES.find((type) => error instanceof type);
      if (!failure) this.#byKind.delete(kind);
      else this.#add(kind, error as Error);
      throw error;
    }
  }

  #add(kind: string, { message }: Error): void {
    const count = (this.#byKind.get(kind)?.count ?? 0) + 1;
    this.#byKind.set(kind, { count, last: this.clock.monotonic(), message });
  }
}
