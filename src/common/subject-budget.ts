/** An amount, such as of places or bytes, of which no caller and no address can take all. */
export class SubjectBudget {
  #taken = 0;
  readonly #bySubject = new Map<string, number>();

  constructor(
    private readonly maxTotal: number,
    private readonly maxPerSubject: number,
  ) {}

  /** A share of a subject, of nothing at first. */
  shareOf(subject: string): BudgetShare {
    let size = 0;
    const change = (more: number): void => {
      size += more;
      this.#taken += more;
      const left = (this.#bySubject.get(subject) ?? 0) + more;
      if (left > 0) this.#bySubject.set(subject, left);
      else this.#bySubject.delete(subject);
    };
    return {
      resize: (wanted) => {
        const more = wanted - size;
        if (more === 0) return true;
        const taken = this.#bySubject.get(subject) ?? 0;
        if (this.#taken + more > this.maxTotal || taken + more > this.maxPerSubject) return false;
        change(more);
        return true;
      },
      release: () => change(-size),
    };
  }
}

export interface BudgetShare {
  /** Sets the size so far. @returns false if that exceeds the budget, which then does not change */
  resize(size: number): boolean;
  /** Idempotent. */
  release(): void;
}
