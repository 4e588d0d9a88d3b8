import { distance } from 'fastest-levenshtein';

/** Most similar allowed key, if similar enough to be a typing error. Two swapped letters are two edits. */
export function nearestKey(unknown: string, allowed: readonly string[]): string | undefined {
  const [nearest] = allowed
    .map((key) => ({ key, edits: distance(unknown.toLowerCase(), key.toLowerCase()) }))
    .filter(({ key, edits }) => edits <= (key.length < 4 ? 1 : Math.max(2, Math.floor(key.length / 3))))
    .sort((one, other) => one.edits - other.edits);
  return nearest?.key;
}
