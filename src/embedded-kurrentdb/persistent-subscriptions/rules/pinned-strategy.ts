import { type Consumer } from './consumer.js';

/** As in KurrentDB: more buckets distribute the load more evenly. */
const BUCKETS = 1024;

interface Bucket {
  owner: Consumer | undefined;
  inFlight: number;
}

/**
 * Events with the same key go to the same consumer while it is connected: keys are hashed into buckets, and each bucket
 * is assigned to one consumer. An event whose consumer is full waits; later events pass it.
 *
 * A new consumer takes over its share of the buckets, except those with events in flight, which two consumers would
 * otherwise process at the same time.
 */
export class PinnedStrategy {
  readonly #buckets: readonly Bucket[] = Array.from({ length: BUCKETS }, () => ({
    owner: undefined,
    inFlight: 0,
  }));
  readonly #owned = new Map<Consumer, number>();

  add(consumer: Consumer): void {
    this.#owned.set(consumer, 0);
    const assigned = this.#buckets.filter(({ owner }) => owner !== undefined).length;
    const share = Math.ceil(assigned / this.#owned.size);
    for (const bucket of this.#buckets) {
      const { owner } = bucket;
      if (owner === undefined || bucket.inFlight > 0 || (this.#owned.get(owner) ?? 0) <= share) continue;
      this.#assign(bucket, consumer);
    }
  }

  remove(consumer: Consumer): void {
    this.#owned.delete(consumer);
    for (const bucket of this.#buckets) {
      if (bucket.owner !== consumer) continue;
      bucket.owner = undefined;
      bucket.inFlight = 0;
    }
  }

  choose(pinKey: string): Consumer | undefined {
    const bucket = this.#bucketOf(pinKey);
    const leastLoaded = bucket.owner === undefined ? this.#leastLoaded() : undefined;
    if (leastLoaded !== undefined) this.#assign(bucket, leastLoaded);
    return bucket.owner?.canReceive === true ? bucket.owner : undefined;
  }

  taken(consumer: Consumer, pinKey: string): void {
    const bucket = this.#bucketOf(pinKey);
    if (bucket.owner === consumer) bucket.inFlight++;
  }

  released(consumer: Consumer, pinKey: string): void {
    const bucket = this.#bucketOf(pinKey);
    if (bucket.owner === consumer && bucket.inFlight > 0) bucket.inFlight--;
  }

  #assign(bucket: Bucket, consumer: Consumer): void {
    if (bucket.owner !== undefined) this.#owned.set(bucket.owner, (this.#owned.get(bucket.owner) ?? 0) - 1);
    bucket.owner = consumer;
    this.#owned.set(consumer, (this.#owned.get(consumer) ?? 0) + 1);
  }

  #leastLoaded(): Consumer | undefined {
    let least: Consumer | undefined;
    for (const [consumer, count] of this.#owned)
      if (least === undefined || count < (this.#owned.get(least) ?? 0)) least = consumer;
    return least;
  }

  #bucketOf(pinKey: string): Bucket {
    const bucket = this.#buckets[fnv1a(pinKey) % BUCKETS];
    if (bucket === undefined) throw new Error('the hash is out of range');
    return bucket;
  }
}

/** FNV-1a, 32 bits, over UTF-16 code units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
