/**
 * Tracks the replay of parked events. They stay in the parked stream until they are finished, so that a crash loses
 * none, but they no longer count as parked. Revisions are those of the parked stream.
 */
export class ParkedReplay {
  /** First revision that was not replayed. */
  #next = 0;
  /** End of the replay (exclusive). */
  #until = 0;
  /** Replayed and unfinished, in the order of revisions. */
  readonly #unfinished = new Set<number>();
  #truncatedBefore = 0;

  /**
   * Starts a replay of the parked events before a revision, unless one is running. [consume.nack.park-and-replay]
   * @param first the first parked event that exists
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

  /** The remaining range of the replay; `end` is exclusive. */
  get range(): { readonly from: number; readonly end: number } {
    return { from: this.#next, end: this.#until };
  }

  take(revision: number): void {
    this.#unfinished.add(revision);
    this.#next = revision + 1;
  }

  /** Ends the replay: no parked events are left. */
  exhausted(): void {
    this.#next = Math.max(this.#next, this.#until);
  }

  finish(revision: number): void {
    this.#unfinished.delete(revision);
  }

  /** The revision before which everything is finished and can be truncated; undefined if that is done. */
  truncation(): number | undefined {
    const first = this.#unfinished.values().next();
    const before = first.done === true ? this.#next : first.value;
    return before > this.#truncatedBefore ? before : undefined;
  }

  truncated(before: number): void {
    this.#truncatedBefore = before;
  }

  /** Number of parked events in the range from `first` to `end` (exclusive). */
  countParked(first: number, end: number): number {
    return Math.max(0, end - Math.max(first, this.#next));
  }
}
