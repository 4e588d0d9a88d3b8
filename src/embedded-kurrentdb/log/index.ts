/** The rules of the log, free of storage and protocol. */
export * from './access-control-list.js';
export * from './append-decision.js';
export * from './expected-revision.js';
export * from './filter.js';
export * from './index-streams.js';
export * from './link.js';
export * from './stream-metadata.js';
export * from './stream-name.js';
export * from './truncation.js';
export * from './access.js';
export * from './consistency-check.js';
