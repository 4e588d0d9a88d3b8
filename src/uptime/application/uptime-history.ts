import { type Span, type StatusChange } from '../domain/index.js';

/** What the streams say, ready to be asked: the port that the read model implements. */
export interface UptimeHistory {
  /** Names of the services that have a stream, in alphabetical order. */
  services(): string[];
  /** The last change at or before a moment in milliseconds since 1970; of all times where none is given. */
  lastChange(service: string, at?: number): StatusChange | undefined;
  /** Changes within a window, in order. */
  changesIn(service: string, window: Span): StatusChange[];
  /** When the service was probed, as far as it touches the window; in order, disjoint. */
  coveredIn(service: string, window: Span): Span[];
}
