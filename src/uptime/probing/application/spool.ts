import { type Sample } from '../../domain/index.js';

/**
 * Local queue of samples that are not in the store yet; survives restarts. One process uses it at a time.
 *
 * Bounded: when it is full, the oldest sample of the service with the most samples is dropped and counted.
 */
export interface Spool {
  add(service: string, sample: Sample): void;
  /** Queued samples of a service. */
  count(service: string): number;
  oldest(service: string): Sample | undefined;
  /** The oldest samples of a service, at most `limit`, in insertion order. */
  samples(service: string, limit: number): Sample[];
  removeOldest(service: string, count: number): void;
  /** Removes the samples after a time in milliseconds since 1970. @returns their number */
  removeAfter(service: string, at: number): number;
  /** Samples dropped since the previous call because the spool was full. */
  takeDropped(service: string): number;
  /** Services with queued samples. */
  services(): string[];
}
