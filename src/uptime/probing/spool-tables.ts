import { type Database, open } from 'lmdb';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { reserveLockFile } from '../../common/storage-full.js';
import { type Sample } from '../domain/index.js';
import { SpoolWriter, type SyncedRoot } from './spool-writer.js';

/** Service and insertion number. */
export type SampleKey = [service: string, number: number];

/** A value with its checksum; version 0.1.0 stored the value alone. */
type Checked<Value> = readonly [value: Value, checksum: number];

/** LMDB tables of the spool. Each value has a checksum over itself and its key, because LMDB does not detect damage. */
export class SpoolTables {
  readonly #samples: Database<Sample | Checked<Sample>, SampleKey>;
  readonly #meta: Database<string | number | Checked<string | number>, string>;

  readonly #writer: SpoolWriter;

  private constructor(
    private readonly root: SyncedRoot,
    directory: string,
  ) {
    this.#writer = new SpoolWriter(root, directory);
    this.#samples = root.openDB({ name: 'samples' });
    this.#meta = root.openDB({ name: 'meta' });
  }

  static open(directory: string): SpoolTables {
    reserveLockFile(join(directory, 'lock.mdb'));
    return new SpoolTables(open({ path: directory, maxDbs: 2, overlappingSync: true }) as SyncedRoot, directory);
  }

  /** Including the samples that cannot be read. */
  get sampleCount(): number {
    const { entryCount } = this.#samples.getStats() as { readonly entryCount: number };
    return entryCount;
  }

  /** In the order of services and insertion; undefined for a sample that is damaged. */
  *samples(): Generator<readonly [SampleKey, Sample | undefined]> {
    for (const key of this.#samples.getKeys({ snapshot: false })) yield [key, this.#sample(key)];
  }

  putSample(key: SampleKey, sample: Sample): void {
    this.#writer.put(this.#samples, key, withChecksum(key, sample));
  }

  removeSample(key: SampleKey): void {
    this.#writer.remove(this.#samples, key);
  }

  /** All values that are not damaged. */
  meta(): Map<string, string | number> {
    const found = new Map<string, string | number>();
    for (const key of this.#meta.getKeys()) {
      const value = readChecked(key, () => this.#meta.get(key));
      if (typeof value === 'string' || typeof value === 'number') found.set(key, value);
    }
    return found;
  }

  putMeta(key: string, value: string | number): void {
    this.#writer.put(this.#meta, key, withChecksum(key, value));
  }

  /** Writes rows that were read elsewhere, at once. */
  restore(
    samples: readonly (readonly [SampleKey, Sample])[],
    meta: readonly (readonly [string, string | number])[],
  ): void {
    this.root.transactionSync(() => {
      for (const [key, sample] of samples) this.#samples.putSync(key, withChecksum(key, sample));
      for (const [key, value] of meta) this.#meta.putSync(key, withChecksum(key, value));
    });
  }

  /** Why changes are not on the disk at the moment. */
  get failure(): Error | undefined {
    return this.#writer.failure;
  }

  /** Resolves when all changes are on the disk, or cannot be written. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.root.close();
  }

  #sample(key: SampleKey): Sample | undefined {
    const value = readChecked(key, () => this.#samples.get(key));
    return typeof value === 'object' && 'at' in value ? value : undefined;
  }
}

const checksumOf = (key: unknown, value: unknown): number => crc32(JSON.stringify([key, value]));

const withChecksum = <Value>(key: unknown, value: Value): Checked<Value> => [value, checksumOf(key, value)];

/** Undefined if the value is missing, cannot be decoded, or is not what was written. */
function readChecked<Value>(key: unknown, get: () => Value | Checked<Value> | undefined): Value | undefined {
  let stored: Value | Checked<Value> | undefined;
  try {
    stored = get();
  } catch {
    return undefined; // not decodable: counted with the others by the caller
  }
  if (!isChecked(stored)) return stored;
  return stored[1] === checksumOf(key, stored[0]) ? stored[0] : undefined;
}

function isChecked<Value>(stored: Value | Checked<Value> | undefined): stored is Checked<Value> {
  return Array.isArray(stored);
}
