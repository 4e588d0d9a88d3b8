import { type Direction, type ReadOptions, ValidationError } from '../domain/index.js';

const DEFAULT_LIMIT = 100;

/** A checked range of a read. */
export interface ReadRange {
  readonly start: bigint | 'start' | 'end';
  readonly limit: number;
  readonly direction: Direction;
}

/** @throws ValidationError for a limit or a start that is no integer, or too small */
export function readRangeOf({ from, limit = DEFAULT_LIMIT, direction = 'forwards' }: ReadOptions): ReadRange {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new ValidationError(`limit must be an integer of at least 1, got ${limit}`);
  if (from === undefined) return { start: direction === 'forwards' ? 'start' : 'end', limit, direction };
  if (typeof from === 'string') return { start: from, limit, direction };
  if (from < 0 || (typeof from === 'number' && !Number.isSafeInteger(from)))
    throw new ValidationError(`from must be an integer of at least 0, got ${from}`);
  return { start: BigInt(from), limit, direction };
}
