const encoder = new TextEncoder();

/** Size of a JSON value in UTF-8. */
export function jsonBytes(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).byteLength;
}
