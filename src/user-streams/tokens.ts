/** Injection token of the `DataSchemas` port. */
export const DATA_SCHEMAS = Symbol('DATA_SCHEMAS');
