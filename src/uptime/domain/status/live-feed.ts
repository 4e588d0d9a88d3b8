/** Path of the live feed; a `websocket` service without a URL probes it. */
export const LIVE_FEED_PATH = '/ws/uptime';

/** Current statuses in the JSON format of `GET /api/uptime/status`. */
export interface StatusSnapshot {
  /** @param seesErrors true: the full text of errors; false: their kind */
  currentStatuses(seesErrors: boolean): readonly object[];
  /** Whether this replica cannot follow the store, so that the statuses may be out of date. */
  isStale(): boolean;
  /** Whether the statuses contain a service; a removed one has none. */
  hasService(name: string): boolean;
  /** Calls back when services were added or removed. @returns a function that removes the listener */
  listen(listener: () => void): () => void;
}

/** Injection token of {@link StatusSnapshot}. */
export const STATUS_SNAPSHOT = Symbol('STATUS_SNAPSHOT');
