export * from './app-config.js';
export { ConfigModule } from './config.module.js';
export { loadConfig } from './load-config.js';
export { variables } from './variables.js';
export { readConfig, watchUptimeServices } from './read-config.js';
export { type ServicesHandlers, type ServicesWatch } from './services-watch.js';
