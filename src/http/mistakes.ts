import { ValidationError } from '../event-store/domain/index.js';

/** One thing that is wrong with a request, as it stands in an error's `details.mistakes`. */
export interface Mistake {
  /** Where in the request, such as `limit` or `items.0.name`. */
  readonly path: string;
  readonly problem: string;
}

/** More are not told: nobody reads them, and an answer must not grow with what was sent. */
export const MOST_MISTAKES = 20;

const MOST_SEGMENTS = 12;
const LONGEST_SEGMENT = 40;

/** The error for a request that cannot be accepted; the first {@link MOST_MISTAKES} are told. */
export function invalidRequest(mistakes: readonly Mistake[]): ValidationError {
  const told = mistakes.slice(0, MOST_MISTAKES);
  const more = mistakes.length > told.length ? '; and more' : '';
  return new ValidationError(`The request is not valid: ${told.map(({ path, problem }) => `${path}: ${problem}`).join('; ')}${more}`, { details: { mistakes: told } });
}

/** `data.items.0.name`: names and list indexes with dots. Long paths lose their middle, long names their end, and broken Unicode is replaced. */
export function pathOf(segments: readonly (string | number)[]): string {
  const half = MOST_SEGMENTS / 2;
  const told = segments.length <= MOST_SEGMENTS ? segments : [...segments.slice(0, half), '…', ...segments.slice(-half)];
  return told.map((segment) => printable(String(segment))).join('.');
}

function printable(name: string): string {
  const shown = name.length > LONGEST_SEGMENT ? `${name.slice(0, LONGEST_SEGMENT)}…` : name;
  // Control characters, line separators and lone surrogates break log lines and readers of the answer.
  return shown.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu, '\u{fffd}');
}
