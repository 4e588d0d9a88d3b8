import { Logger } from '@nestjs/common';
import { SpoolDirectory } from './spool-directory.js';
import { type SpoolTables } from './spool-tables.js';
import { type Spool } from './application/index.js';
import { type Sample } from '../domain/index.js';

interface Queue {
  readonly samples: { readonly number: number; readonly sample: Sample }[];
  dropped: number;
}

/** Approximate size of a sample without its error, in memory and on disk. */
const SAMPLE_BYTES = 100;
const HOLDER = 'holder';
const VALID_UNTIL = 'validUntil';

/**
 * Spool in LMDB: kept in memory, written at the end of the event-loop iteration, read at the start. Survives a killed
 * process; a crash of the machine may lose the last milliseconds. On a full disk it is kept in memory only.
 */
export class LmdbSpool implements Spool {
  readonly #logger = new Logger('Spool');
  readonly #directory: SpoolDirectory;
  readonly #tables: SpoolTables;
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
    this.#directory = SpoolDirectory.open(directory);
    this.#tables = this.#directory.tables;
    if (this.#directory.problem !== undefined) this.#logger.warn(this.#directory.problem);
    const meta = this.#tables.meta();
    const predecessor = meta.get(HOLDER);
    this.predecessor = typeof predecessor === 'string' ? predecessor : undefined;
    this.predecessorValidUntil = latestTime(meta);
    this.#tables.putMeta(HOLDER, holder);
    for (const [[service, number], sample] of this.#tables.samples()) {
      if (sample === undefined) continue;
      this.#queueOf(service).samples.push({ number, sample });
      this.#number = Math.max(this.#number, number);
      this.#bytes += bytesOf(sample);
    }
  }

  add(service: string, sample: Sample): void {
    const number = ++this.#number;
    this.#queueOf(service).samples.push({ number, sample });
    this.#bytes += bytesOf(sample);
    this.#tables.putSample([service, number], sample);
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
    this.#tables.putMeta(VALID_UNTIL, at);
  }

  /** Why samples are in memory only at the moment. */
  get failure(): Error | undefined {
    return this.#tables.failure;
  }

  /** Resolves when all samples are on disk, if they can be written. */
  async close(): Promise<void> {
    try {
      await this.#directory.close();
    } catch (error) {
      this.#logger.warn(
        `The next start makes a new spool of what can be read of it: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
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
      this.#tables.removeSample([service, number]);
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

/** The latest time in the `meta` table: version 0.1.0 stored it under another key. */
function latestTime(meta: ReadonlyMap<string, string | number>): number {
  return Math.max(0, ...[...meta.values()].filter((value) => typeof value === 'number'));
}

function bytesOf({ error }: Sample): number {
  return SAMPLE_BYTES + (error?.length ?? 0);
}
