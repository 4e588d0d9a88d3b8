import { SubjectBudget } from '../common/subject-budget.js';

/** Places of long-lived connections: each takes one, and no caller or address can take all of them. */
export class Places {
  readonly #budget: SubjectBudget;

  constructor(maxTotal: number, maxPerSubject: number) {
    this.#budget = new SubjectBudget(maxTotal, maxPerSubject);
  }

  /** @returns a function that gives the place back; undefined if there is none left for this subject */
  take(subject: string): (() => void) | undefined {
    const place = this.#budget.shareOf(subject);
    return place.resize(1) ? () => place.release() : undefined;
  }
}
