/** The rules of the log, free of storage and protocol. */
export * from './access-control-list.js';
export * from './access.js';
export * from './append-decision.js';
export * from './consistency-check.js';
export * from './expected-version.js';
export * from './filter.js';
export * from './index-streams.js';
export * from './link.js';
export * from './system-metadata.js';
export * from './principal.js';
export * from './stream-name.js';
export * from './stream-state.js';
