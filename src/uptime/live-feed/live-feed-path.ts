/** Where the live feed is served, and where the `websocket` service is probed by default. */
export const LIVE_FEED_PATH = '/ws/uptime';
