const encoder = new TextEncoder();

/** How many bytes a JSON value takes as text in UTF-8. */
export function jsonBytes(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).byteLength;
}
