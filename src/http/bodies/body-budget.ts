import { SubjectBudget } from '../../common/subject-budget.js';

/** A value takes about this many bytes once it is parsed, above those of its text. */
const VALUE_BYTES = 64;

/** Of one process: less than a quarter of a heap of 512 MB. */
const MAX_TOTAL = 128 * 1_048_576;
/** Of one user or address. */
const MAX_PER_SUBJECT = 32 * 1_048_576;

/** Memory of the request bodies that are being received and processed, in estimated bytes. */
export class BodyBudget {
  readonly #memory = new SubjectBudget(MAX_TOTAL, MAX_PER_SUBJECT);

  /** A share without memory, for one body. */
  shareOf(subject: string): BodyShare {
    const share = this.#memory.shareOf(subject);
    return {
      grow: (bytes, values) => share.resize(bytes + values * VALUE_BYTES),
      release: () => share.release(),
    };
  }
}

/** Memory of one body. */
export interface BodyShare {
  /** Sets the size so far. @returns false if that exceeds the budget, which then does not change */
  grow(bytes: number, values: number): boolean;
  release(): void;
}
