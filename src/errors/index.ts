export * from './access-errors.js';
export * from './availability-errors.js';
export * from './domain-error.js';
export * from './validation-error.js';
