export { UptimeHealthIndicator } from './uptime.health.js';
export { UptimeModule } from './uptime.module.js';
export * from './domain/index.js';
export { servicesProblems } from './services-file/index.js';
