export * from './access-change.js';
export * from './decisions.js';
export * from './json-bytes.js';
export * from './merge-patch.js';
export * from './quota.js';
export * from './user-data-updated.js';
export * from './user-stream-key.js';
export * from './user-stream.js';
