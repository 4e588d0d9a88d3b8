/**
 * Which parked events were given out again. They stay in the stream of parked events until they are finished, so that a server that
 * ends meanwhile forgets none of them; but they do not count as parked any more. Revisions are those of that stream.
 */
export class ParkedReplay {
  /** The first one that was not given out again. */
  #next = 0;
  /** The first one that is not to be given out. */
  #until = 0;
  /** Given out and not finished, in the order of revisions. */
  readonly #unfinished = new Set<number>();
  #truncatedBefore = 0;

  /**
   * Starts to give out the parked events before a revision, unless that is going on already. [consume.nack.park-and-replay]
   * @param first the first one that is there
   */
  begin(first: number, until: number): void {
    if (this.isRunning) return;
    this.#next = Math.max(this.#next, first);
    this.#truncatedBefore = Math.max(this.#truncatedBefore, first);
    this.#until = until;
  }

  get isRunning(): boolean {
    return this.#next < this.#until;
  }

  /** The next revision to read; the group takes those before `end`. */
  get range(): { readonly from: number; readonly end: number } {
    return { from: this.#next, end: this.#until };
  }

  take(revision: number): void {
    this.#unfinished.add(revision);
    this.#next = revision + 1;
  }

  /** There is nothing left to give out. */
  exhausted(): void {
    this.#next = Math.max(this.#next, this.#until);
  }

  finish(revision: number): void {
    this.#unfinished.delete(revision);
  }

  /** Everything before this revision is finished and can be truncated; undefined if that was done already. */
  truncation(): number | undefined {
    const first = this.#unfinished.values().next();
    const before = first.done === true ? this.#next : first.value;
    return before > this.#truncatedBefore ? before : undefined;
  }

  truncated(before: number): void {
    this.#truncatedBefore = before;
  }

  /** Events that are parked, of those from `first` up to, but not including, `end`. */
  countParked(first: number, end: number): number {
    return Math.max(0, end - Math.max(first, this.#next));
  }
}
