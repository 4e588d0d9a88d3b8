/** A value takes about this many bytes once it is parsed, above those of its text. */
const VALUE_BYTES = 64;

/** Of one process: less than a quarter of a heap of 512 MB. */
const MAX_TOTAL = 128 * 1_048_576;
/** Of one user or address. */
const MAX_PER_SUBJECT = 32 * 1_048_576;

/** Memory of the request bodies that are being received and processed, in estimated bytes. */
export class BodyBudget {
  #total = 0;
  readonly #bySubject = new Map<string, number>();

  constructor(
    private readonly maxTotal = MAX_TOTAL,
    private readonly maxPerSubject = MAX_PER_SUBJECT,
  ) {}

  /** Estimated memory in use. */
  get total(): number {
    return this.#total;
  }

  /** A share without memory, for one body. */
  shareOf(subject: string): BodyShare {
    let taken = 0;
    return {
      grow: (bytes, values) => {
        const more = bytes + values * VALUE_BYTES - taken;
        const used = this.#bySubject.get(subject) ?? 0;
        if (this.#total + more > this.maxTotal || used + more > this.maxPerSubject) return false;
        taken += more;
        this.#total += more;
        this.#bySubject.set(subject, used + more);
        return true;
      },
      release: () => {
        this.#total -= taken;
        const left = (this.#bySubject.get(subject) ?? 0) - taken;
        if (left > 0) this.#bySubject.set(subject, left);
        else this.#bySubject.delete(subject);
        taken = 0;
      },
    };
  }
}

/** Memory of one body. */
export interface BodyShare {
  /** Sets the size so far. @returns false if that exceeds the budget, which then does not change */
  grow(bytes: number, values: number): boolean;
  release(): void;
}
