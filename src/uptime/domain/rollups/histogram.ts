/**
 * Logarithmic buckets for response times: 16 linear ones per power of two, so that a bucket is within 1/32 (3.2 %) of
 * its values; values below 32 are exact. Histograms are merged by adding counts.
 */
const BUCKET_BITS = 4;
const BUCKETS_PER_POWER = 2 ** BUCKET_BITS;

/**
 * Stored form: for each non-empty bucket in order, the distance to the previous one (for the first, its index) and the
 * count. A stable service takes a dozen small integers.
 */
export type StoredHistogram = readonly number[];

/** Mutable counts; {@link toStored} gives their stored form. */
export class Histogram {
  readonly #counts = new Map<number, number>();
  #count = 0;

  static of(stored: StoredHistogram): Histogram {
    const histogram = new Histogram();
    histogram.merge(stored);
    return histogram;
  }

  /** Number of values. */
  get count(): number {
    return this.#count;
  }

  /** @param value an integer of at least 0, in the unit of {@link quantiles} */
  add(value: number): void {
    this.#addTo(bucketOf(value), 1);
  }

  merge(stored: StoredHistogram): void {
    let bucket = 0;
    for (let index = 0; index + 1 < stored.length; index += 2) {
      bucket += stored[index] ?? 0;
      this.#addTo(bucket, stored[index + 1] ?? 0);
    }
  }

  /**
   * Quantiles by nearest rank, within 1/32.
   *
   * @param shares from 0 to 1, in ascending order
   * @returns one value for each share; undefined for an empty histogram
   */
  quantiles(shares: readonly number[]): number[] | undefined {
    if (this.#count === 0) return undefined;
    const buckets = this.#sorted();
    let next = 0;
    let seen = 0;
    let value = 0;
    return shares.map((share) => {
      const rank = Math.max(1, Math.ceil(share * this.#count));
      for (; seen < rank && next < buckets.length; next++) {
        const [bucket, count] = buckets[next] ?? [0, 0];
        seen += count;
        value = middleOf(bucket);
      }
      return value;
    });
  }

  toStored(): StoredHistogram {
    let previous = 0;
    return this.#sorted().flatMap(([bucket, count]) => {
      const distance = bucket - previous;
      previous = bucket;
      return [distance, count];
    });
  }

  #addTo(bucket: number, count: number): void {
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
    this.#count += count;
  }

  #sorted(): [bucket: number, count: number][] {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }
}

/** Encodes the five most significant bits of a value and the number of bits after them. */
function bucketOf(value: number): number {
  let significant = value;
  let dropped = 0;
  for (; significant >= 2 * BUCKETS_PER_POWER; dropped++) significant = Math.floor(significant / 2);
  return dropped * BUCKETS_PER_POWER + significant;
}

function middleOf(bucket: number): number {
  if (bucket < 2 * BUCKETS_PER_POWER) return bucket;
  const dropped = Math.floor(bucket / BUCKETS_PER_POWER) - 1;
  const width = 2 ** dropped;
  return (bucket - dropped * BUCKETS_PER_POWER) * width + (width - 1) / 2;
}
