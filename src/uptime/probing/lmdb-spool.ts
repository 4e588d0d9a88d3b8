import { Logger } from '@nestjs/common';
import { type Database, open, type RootDatabase } from 'lmdb';
import { DirectoryLock } from '../../common/directory-lock.js';
import { type Spool } from './application/index.js';
import { type Sample } from '../domain/index.js';

/** Service, and a number that grows with each sample. */
type SampleKey = [service: string, number: number];

interface Waiting {
  readonly samples: { readonly number: number; readonly sample: Sample }[];
  dropped: number;
}

/** What a sample takes without its error, roughly, in bytes: in memory and on disk. */
const SAMPLE_BYTES = 100;
const HOLDER = 'holder';
const VALID_UNTIL = 'validUntil';

/**
 * The spool in LMDB: written behind, synced, read at the start. What this process is killed over is there again; the last
 * milliseconds before the machine itself stops may not be.
 */
export class LmdbSpool implements Spool {
  readonly #logger = new Logger('Spool');
  readonly #lock: DirectoryLock;
  readonly #root: RootDatabase;
  readonly #samples: Database<Sample, SampleKey>;
  readonly #meta: Database<string | number, string>;
  readonly #waiting = new Map<string, Waiting>();
  /** The process that used this directory before, where there was one: it has ended. */
  readonly predecessor: string | undefined;
  /** Until when that one was sure to be the prober, in milliseconds since 1970. */
  readonly predecessorValidUntil: number;
  #isClosed = false;
  #number = 0;
  #bytes = 0;

  /**
   * @param directory holds the spool and nothing else; made where it is missing
   * @param maxBytes of samples, roughly
   * @param holder names this process from now on
   * @throws Error if another running process uses the directory
   */
  constructor(
    directory: string,
    private readonly maxBytes: number,
    holder: string,
  ) {
    this.#lock = DirectoryLock.acquire(directory);
    this.#root = open({ path: directory, maxDbs: 2 });
    this.#samples = this.#root.openDB<Sample, SampleKey>({ name: 'samples' });
    this.#meta = this.#root.openDB<string | number, string>({ name: 'meta' });
    const before = this.#meta.get(HOLDER);
    this.predecessor = typeof before === 'string' ? before : undefined;
    this.predecessorValidUntil = this.#readValidUntil();
    this.#write(() => this.#meta.put(HOLDER, holder));
    for (const {
      key: [service, number],
      value: sample,
    } of this.#samples.getRange()) {
      this.#of(service).samples.push({ number, sample });
      this.#number = Math.max(this.#number, number);
      this.#bytes += bytesOf(sample);
    }
  }

  add(service: string, sample: Sample): void {
    const number = ++this.#number;
    this.#of(service).samples.push({ number, sample });
    this.#bytes += bytesOf(sample);
    this.#write(() => this.#samples.put([service, number], sample));
    while (this.#bytes > this.maxBytes) this.#dropOne();
  }

  waiting(service: string): number {
    return this.#waiting.get(service)?.samples.length ?? 0;
  }

  oldest(service: string): Sample | undefined {
    return this.#waiting.get(service)?.samples[0]?.sample;
  }

  samples(service: string, limit: number): Sample[] {
    return this.#of(service)
      .samples.slice(0, limit)
      .map(({ sample }) => sample);
  }

  removeOldest(service: string, samples: number): void {
    this.#remove(service, 0, samples);
  }

  removeAfter(service: string, at: number): number {
    const { samples } = this.#of(service);
    const first = samples.findIndex(({ sample }) => sample.at > at);
    return first < 0 ? 0 : this.#remove(service, first, samples.length - first);
  }

  takeDropped(service: string): number {
    const waiting = this.#of(service);
    const { dropped } = waiting;
    waiting.dropped = 0;
    return dropped;
  }

  services(): string[] {
    return [...this.#waiting].flatMap(([service, { samples }]) => (samples.length > 0 ? [service] : []));
  }

  /** Remembers until when this process is sure to be the prober, for the one after it. @param at milliseconds since 1970 */
  setValidUntil(at: number): void {
    this.#write(() => this.#meta.put(VALID_UNTIL, at));
  }

  /** Resolves when all of it is on disk. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#root.flushed;
    await this.#root.close();
    this.#lock.release();
  }

  /** The latest time among the numbers of the `meta` table: version 0.1.0 stored it under another key. */
  #readValidUntil(): number {
    const times = [...this.#meta.getRange()].flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
    return Math.max(0, ...times);
  }

  #of(service: string): Waiting {
    const known = this.#waiting.get(service);
    if (known) return known;
    const waiting: Waiting = { samples: [], dropped: 0 };
    this.#waiting.set(service, waiting);
    return waiting;
  }

  #remove(service: string, from: number, count: number): number {
    const removed = this.#of(service).samples.splice(from, count);
    for (const { number, sample } of removed) {
      this.#bytes -= bytesOf(sample);
      this.#write(() => this.#samples.remove([service, number]));
    }
    return removed.length;
  }

  #dropOne(): void {
    let largest: [string, Waiting] | undefined;
    for (const entry of this.#waiting) {
      if (entry[1].samples.length > (largest?.[1].samples.length ?? 0)) largest = entry;
    }
    if (largest) largest[1].dropped += this.#remove(largest[0], 0, 1);
  }

  #write(write: () => Promise<unknown>): void {
    // LMDB ends the process that writes to what is closed.
    if (this.#isClosed) return;
    write().catch((error: unknown) =>
      this.#logger.error(
        { err: error },
        'A sample could not be kept on this machine; it is lost if this process ends before KurrentDB has it',
      ),
    );
  }
}

function bytesOf({ error }: Sample): number {
  return SAMPLE_BYTES + (error?.length ?? 0);
}
