import { distance } from 'fastest-levenshtein';

/**
 * Most similar of the allowed names, if similar enough to be a typing error. Two swapped letters are two edits. A name
 * that is much longer costs nothing: it has more edits than that.
 */
export function nearestOf(unknown: string, allowed: readonly string[]): string | undefined {
  const [nearest] = allowed
    .filter((name) => Math.abs(unknown.length - name.length) <= maxEditsOf(name))
    .map((name) => ({ name, edits: distance(unknown.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= maxEditsOf(name))
    .sort((one, other) => one.edits - other.edits);
  return nearest?.name;
}

function maxEditsOf({ length }: string): number {
  return length < 4 ? 1 : Math.max(2, Math.floor(length / 3));
}

/** Names that a message lists; the others are counted. */
const MAX_LISTED = 20;

/** The allowed names for a message, after the one that was probably meant: `did you mean 'hours'? Known are …`. */
export function knownNames(unknown: string, allowed: readonly string[]): string {
  const nearest = nearestOf(unknown, allowed);
  const more = allowed.length - MAX_LISTED;
  const listed = `nown are ${allowed.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  if (allowed.length === 0) return 'none is known';
  return nearest === undefined ? `k${listed}` : `did you mean '${nearest}'? K${listed}`;
}
