/** How old the recorded history of this replica is: it follows the store, which may be away. */
export interface HistoryAge {
  /** Whether it was complete once: it may be old, but lacks nothing from before. */
  readonly isComplete: boolean;
  /** Undefined while it is up to date. `ageMs`: since it was complete; absent if it never was. */
  readonly staleness: { readonly ageMs?: number } | undefined;
}

/** Injection token of {@link HistoryAge}. */
export const HISTORY_AGE = Symbol('HISTORY_AGE');
