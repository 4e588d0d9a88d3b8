/** Revisions are signed 64-bit integers in KurrentDB. */
export const MAX_REVISION = 9_223_372_036_854_775_807n;

/** Revision of an event in decimal digits, from 0 to 2^63 - 1; undefined for all else. */
export function parseRevision(text: string): bigint | undefined {
  if (!/^\d{1,19}$/.test(text)) return undefined;
  const revision = BigInt(text);
  return revision <= MAX_REVISION ? revision : undefined;
}

/** 64-bit integer in JSON: a number if a double represents it exactly, else a string of digits. */
export type JsonInteger = number | string;

export function toJsonInteger(value: bigint): JsonInteger {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : String(value);
}
