import { isPlainObject } from '../../common/plain-object.js';

/**
 * Applies a JSON merge patch (RFC 7396). Recursive: the caller limits the nesting.
 *
 * @param target JSON value, as are the patch and the result
 * @returns a value that shares no objects with `target` and `patch`, which are not changed
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isPlainObject(patch)) return copyOf(patch);
  const base = isPlainObject(target) ? target : {};
  const merged: Record<string, unknown> = {};
  for (const name of Object.keys(base)) {
    if (!Object.hasOwn(patch, name)) put(merged, name, copyOf(base[name]));
    else if (patch[name] !== null) put(merged, name, mergePatch(base[name], patch[name]));
  }
  for (const name of Object.keys(patch)) {
    if (!Object.hasOwn(base, name) && patch[name] !== null) put(merged, name, mergePatch(undefined, patch[name]));
  }
  return merged;
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) put(copy, name, copyOf(value[name]));
  return copy;
}

/** Sets a member of any name: an assignment to `__proto__` would set the object's prototype. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}
