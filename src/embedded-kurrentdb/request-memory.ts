import { type BudgetShare, SubjectBudget } from '../common/subject-budget.js';

/** Of one connection: twice the largest append. */
const MAX_PER_CONNECTION = 128 * 1_048_576;
/** Of all connections. */
const MAX_TOTAL = 256 * 1_048_576;

/** An event of an append takes about this many bytes beside those of its message. */
export const EVENT_BYTES = 512;

/** Why a request is refused. */
export const OVER_BUDGET = `Requests in progress may take ${MAX_PER_CONNECTION} bytes of a connection and ${MAX_TOTAL} in all.`;

/** Memory of the requests that are being received, in estimated bytes. */
export class RequestMemory {
  readonly #budget = new SubjectBudget(MAX_TOTAL, MAX_PER_CONNECTION);

  /** A share of nothing at first, for a request on the connection of this peer. */
  shareOf(peer: string): BudgetShare {
    return this.#budget.shareOf(peer);
  }
}
