import { type Sample } from '../../domain/index.js';

/**
 * Keeps samples on this machine, over restarts, until they are recorded in the store. One process uses it at a time.
 *
 * Bounded: where there is no more room, the oldest samples of the service that has most go first, and are counted.
 */
export interface Spool {
  add(service: string, sample: Sample): void;
  /** How many samples of a service wait. */
  waiting(service: string): number;
  oldest(service: string): Sample | undefined;
  /** The oldest samples of a service, at most so many, in the order in which they were added. */
  samples(service: string, limit: number): Sample[];
  /** The oldest so many are recorded. */
  removeOldest(service: string, samples: number): void;
  /** Those that are later than a moment (milliseconds since 1970) are not to be recorded. @returns how many */
  removeAfter(service: string, at: number): number;
  /** How many samples were dropped for want of room since this was last asked. */
  takeDropped(service: string): number;
  /** Names of the services for which something waits. */
  services(): string[];
}
