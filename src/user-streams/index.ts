export { UserStreamsHealthIndicator } from './user-streams.health.js';
export { UserStreamsModule } from './user-streams.module.js';
export * from './domain/index.js';
