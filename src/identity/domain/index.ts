export * from './api-key-events.js';
export * from './api-key-format.js';
export * from './api-keys.js';
export * from './caller-of-claims.js';
