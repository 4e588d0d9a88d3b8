/** Path of the live feed; a `websocket` service without a URL probes it. */
export const LIVE_FEED_PATH = '/ws/uptime';

/** Current statuses in the JSON format of `GET /api/uptime/status`. */
export interface StatusSnapshot {
  currentStatuses(): readonly object[];
}

/** Injection token of {@link StatusSnapshot}. */
export const STATUS_SNAPSHOT = Symbol('STATUS_SNAPSHOT');
