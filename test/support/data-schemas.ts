import { type UserStreamType, ValidationError } from '../../src/event-store/domain/index.js';
import { type UserData } from '../../src/user-streams/domain/index.js';
import { AjvDataSchemas } from '../../src/user-streams/schemas/ajv-data-schemas.js';

/** @param schemasDir directory of the product's schemas; without it, the built-in ones only */
export const schemasOf = (schemasDir?: string): AjvDataSchemas =>
  new AjvDataSchemas({ userStreams: { schemasDir, quota: { streams: 1, bytes: 1 } } });

/** The error that a check of `data` throws; undefined if they are valid. */
export function rejectionOf(
  schemas: AjvDataSchemas,
  type: UserStreamType,
  data: UserData,
  category = 'default',
  within?: string,
): ValidationError | undefined {
  try {
    schemas.check(type, category, data, within);
    return undefined;
  } catch (error) {
    if (error instanceof ValidationError) return error;
    throw error;
  }
}

export const issuesOf = (schemas: AjvDataSchemas, type: UserStreamType, data: UserData, category?: string): unknown =>
  rejectionOf(schemas, type, data, category)?.details?.mistakes;
