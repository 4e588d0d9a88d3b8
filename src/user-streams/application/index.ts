export * from './current-streams.js';
export * from './data-schemas.js';
export * from './write-command.js';
export * from './user-stream-metadata.js';
export * from './user-stream-feed.js';
export * from './user-stream-queries.js';
export * from './user-stream-read-model.js';
export * from './user-streams.js';
