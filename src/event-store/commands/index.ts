export * from './begin-stream.js';
export * from './command.js';
export * from './create-stream.js';
export * from './handle-command.js';
export * from './idempotency-key.js';
export * from './keyed-mutex.js';
export * from './wait-for-read-model.js';
