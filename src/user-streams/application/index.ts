export * from './data-schemas.js';
export * from './order.js';
export * from './request-key.js';
export * from './user-stream-details.js';
export * from './user-stream-feed.js';
export * from './user-stream-queries.js';
export * from './user-stream-table.js';
export * from './user-streams.js';
