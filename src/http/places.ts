/** Places of long-lived connections: each takes one, and no caller or address can take all of them. */
export class Places {
  #taken = 0;
  readonly #bySubject = new Map<string, number>();

  constructor(
    private readonly maxTotal: number,
    private readonly maxPerSubject: number,
  ) {}

  /** @returns a function that gives the place back; undefined if there is none left for this subject */
  take(subject: string): (() => void) | undefined {
    const taken = this.#bySubject.get(subject) ?? 0;
    if (this.#taken >= this.maxTotal || taken >= this.maxPerSubject) return undefined;
    this.#taken++;
    this.#bySubject.set(subject, taken + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#taken--;
      const left = (this.#bySubject.get(subject) ?? 0) - 1;
      if (left > 0) this.#bySubject.set(subject, left);
      else this.#bySubject.delete(subject);
    };
  }
}
