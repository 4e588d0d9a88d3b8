export * from './change-feed.js';
export * from './log.js';
export * from './probe.js';
export * from './service-monitor.js';
export * from './uptime-history.js';
export * from './uptime-queries.js';
export * from './uptime-streams.js';
