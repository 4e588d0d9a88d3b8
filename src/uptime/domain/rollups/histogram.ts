/**
 * Response times counted in buckets that grow with the value: 16 of equal width to each power of two, so that whatever is said of a
 * value is off by 1/32 of it at most (3.2 %); below 32 each value has its own. Two histograms are merged by adding their counts.
 */
const BITS = 4;
const BUCKETS_TO_A_POWER = 2 ** BITS;

/**
 * A histogram as it is kept: pairs of the distance to the bucket before it (the first: its index) and the count, in order, without
 * the empty ones. A steady service takes a dozen small integers.
 */
export type StoredHistogram = readonly number[];

/** Counts that grow as samples come; {@link toStored} is what is kept of them. */
export class Histogram {
  readonly #counts = new Map<number, number>();
  #count = 0;

  static of(stored: StoredHistogram): Histogram {
    const histogram = new Histogram();
    histogram.merge(stored);
    return histogram;
  }

  /** How many values there are. */
  get count(): number {
    return this.#count;
  }

  /** @param value an integer from 0, of any unit; so is what {@link quantiles} gives */
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
   * The value that a share of all values is not above, by the nearest rank, within 1/32 of it.
   *
   * @param shares from 0 to 1, in ascending order
   * @returns one value for each share; undefined where there is none at all
   */
  quantiles(shares: readonly number[]): number[] | undefined {
    if (this.#count === 0) return undefined;
    const buckets = this.#inOrder();
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
    return this.#inOrder().flatMap(([bucket, count]) => {
      const distance = bucket - previous;
      previous = bucket;
      return [distance, count];
    });
  }

  #addTo(bucket: number, count: number): void {
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
    this.#count += count;
  }

  #inOrder(): [bucket: number, count: number][] {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }
}

/** The first five bits of a value, and how many follow them. */
function bucketOf(value: number): number {
  let first = value;
  let dropped = 0;
  for (; first >= 2 * BUCKETS_TO_A_POWER; dropped++) first = Math.floor(first / 2);
  return dropped * BUCKETS_TO_A_POWER + first;
}

function middleOf(bucket: number): number {
  if (bucket < 2 * BUCKETS_TO_A_POWER) return bucket;
  const dropped = Math.floor(bucket / BUCKETS_TO_A_POWER) - 1;
  const width = 2 ** dropped;
  return (bucket - dropped * BUCKETS_TO_A_POWER) * width + (width - 1) / 2;
}
