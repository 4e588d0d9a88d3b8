/** JSON object with members of any name. */
export type PlainObject = Readonly<Record<string, unknown>>;

/** Whether a value of parsed JSON or YAML is an object: neither null, nor an array, nor bytes. */
export function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
