/** The rules of persistent subscriptions, free of storage and protocol. */
export * from './consumer.js';
export * from './consumer-group.js';
export * from './group-configuration.js';
export * from './group-message.js';
export * from './group-source.js';
export * from './rate-meter.js';
export * from './pin-key.js';
export * from './settings.js';
export { type Checkpoint } from './progress.js';
