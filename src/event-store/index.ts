export { EventStoreModule } from './event-store.module.js';
export { KurrentDBHealthIndicator } from './kurrentdb/kurrentdb.health.js';
export { KurrentDBService } from './kurrentdb/kurrentdb.service.js';
export { ReadModel, type ReadModelDefinition, type ReadModelTables } from './read-models/read-model.js';
export { ReadModels } from './read-models/read-models.js';
export { CLOCK, EVENT_STORE, KURRENTDB_CLIENT, RANDOM_TEXT } from './tokens.js';
export * from './domain/index.js';
