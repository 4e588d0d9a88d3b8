export * from './errors.js';
export * from './event.js';
export * from './event-id.js';
export * from './event-registry.js';
export * from './event-store.js';
export * from './stream-created.js';
export * from './stream-metadata.js';
export * from './stream-name.js';
