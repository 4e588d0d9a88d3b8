import { type Database, open } from 'lmdb';
import { join } from 'node:path';
import { DirectoryLock } from '../../common/directory-lock.js';
import { reserveLockFile } from '../../common/storage-full.js';
import { type Spool } from './application/index.js';
import { type Sample } from '../domain/index.js';
import { type SyncedRoot, SpoolWriter } from './spool-writer.js';

/** Service and insertion number. */
type SampleKey = [service: string, number: number];

interface Queue {
  readonly samples: { readonly number: number; readonly sample: Sample }[];
  dropped: number;
}

/** Approximate size of a sample without its error, in memory and on disk. */
const SAMPLE_BYTES = 100;
const HOLDER = 'holder';
const VALID_UNTIL = 'validUntil';

/**
 * Spool in LMDB: kept in memory, written at the end of the event-loop iteration, read at the start. Survives a killed process; a crash
 * of the machine may lose the last milliseconds. On a full disk it is kept in memory only.
 */
export class LmdbSpool implements Spool {
  readonly #lock: DirectoryLock;
  readonly #root: SyncedRoot;
  readonly #writer: SpoolWriter;
  readonly #samples: Database<Sample, SampleKey>;
  readonly #meta: Database<string | number, string>;
  readonly #queues = new Map<string, Queue>();
  /** Id of the process that used the directory before, if any; it has ended. */
  readonly predecessor: string | undefined;
  /** End of the predecessor's last validity as lease holder, in milliseconds since 1970. */
  readonly predecessorValidUntil: number;
  #number = 0;
  #bytes = 0;

  /**
   * @param directory used by the spool only; created if missing
   * @param maxBytes approximate size of all samples
   * @param holder id of this process, the predecessor of the next one
   * @throws Error if another running process uses the directory
   */
  constructor(
    directory: string,
    private readonly maxBytes: number,
    readonly holder: string,
  ) {
    this.#lock = DirectoryLock.acquire(directory);
    reserveLockFile(join(directory, 'lock.mdb'));
    this.#root = open({ path: directory, maxDbs: 2, overlappingSync: true }) as SyncedRoot;
    this.#writer = new SpoolWriter(this.#root);
    this.#samples = this.#root.openDB<Sample, SampleKey>({ name: 'samples' });
    this.#meta = this.#root.openDB<string | number, string>({ name: 'meta' });
    const predecessor = this.#meta.get(HOLDER);
    this.predecessor = typeof predecessor === 'string' ? predecessor : undefined;
    this.predecessorValidUntil = this.#readValidUntil();
    this.#writer.put(this.#meta, HOLDER, holder);
    for (const {
      key: [service, number],
      value: sample,
    } of this.#samples.getRange()) {
      this.#queueOf(service).samples.push({ number, sample });
      this.#number = Math.max(this.#number, number);
      this.#bytes += bytesOf(sample);
    }
  }

  add(service: string, sample: Sample): void {
    const number = ++this.#number;
    this.#queueOf(service).samples.push({ number, sample });
    this.#bytes += bytesOf(sample);
    this.#writer.put(this.#samples, [service, number], sample);
    while (this.#bytes > this.maxBytes) this.#dropOne();
  }

  count(service: string): number {
    return this.#queues.get(service)?.samples.length ?? 0;
  }

  oldest(service: string): Sample | undefined {
    return this.#queues.get(service)?.samples[0]?.sample;
  }

  samples(service: string, limit: number): Sample[] {
    return this.#queueOf(service)
      .samples.slice(0, limit)
      .map(({ sample }) => sample);
  }

  removeOldest(service: string, count: number): void {
    this.#remove(service, 0, count);
  }

  removeAfter(service: string, at: number): number {
    const { samples } = this.#queueOf(service);
    const first = samples.findIndex(({ sample }) => sample.at > at);
    return first < 0 ? 0 : this.#remove(service, first, samples.length - first);
  }

  takeDropped(service: string): number {
    const queue = this.#queueOf(service);
    const { dropped } = queue;
    queue.dropped = 0;
    return dropped;
  }

  services(): string[] {
    return [...this.#queues].flatMap(([service, { samples }]) => (samples.length > 0 ? [service] : []));
  }

  /** Stores the end of this process's validity as lease holder for its successor. @param at milliseconds since 1970 */
  setValidUntil(at: number): void {
    this.#writer.put(this.#meta, VALID_UNTIL, at);
  }

  /** Why samples are in memory only at the moment. */
  get failure(): Error | undefined {
    return this.#writer.failure;
  }

  /** Resolves when all samples are on disk, if they can be written. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.#root.close();
    this.#lock.release();
  }

  /** The latest time in the `meta` table: version 0.1.0 stored it under another key. */
  #readValidUntil(): number {
    const times = [...this.#meta.getRange()].flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
    return Math.max(0, ...times);
  }

  #queueOf(service: string): Queue {
    const existing = this.#queues.get(service);
    if (existing) return existing;
    const queue: Queue = { samples: [], dropped: 0 };
    this.#queues.set(service, queue);
    return queue;
  }

  #remove(service: string, from: number, count: number): number {
    const removed = this.#queueOf(service).samples.splice(from, count);
    for (const { number, sample } of removed) {
      this.#bytes -= bytesOf(sample);
      this.#writer.remove(this.#samples, [service, number]);
    }
    return removed.length;
  }

  #dropOne(): void {
    let largest: [string, Queue] | undefined;
    for (const entry of this.#queues) {
      if (entry[1].samples.length > (largest?.[1].samples.length ?? 0)) largest = entry;
    }
    if (largest) largest[1].dropped += this.#remove(largest[0], 0, 1);
  }
}

function bytesOf({ error }: Sample): number {
  return SAMPLE_BYTES + (error?.length ?? 0);
}
