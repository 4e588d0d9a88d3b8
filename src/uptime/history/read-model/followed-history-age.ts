import { type Freshness, type ReadModel } from '../../../event-store/index.js';
import { type HistoryAge } from '../../domain/index.js';

/** Of connected tables: a store that does not answer for longer is away, or this replica is too slow. */
export const STALE_AFTER_MS = 5_000;

/** {@link HistoryAge} of the tables. */
export class FollowedHistoryAge implements HistoryAge {
  constructor(
    private readonly model: Pick<ReadModel, 'isCaughtUp' | 'currentAt'>,
    private readonly freshness: Pick<Freshness, 'ageMs'>,
  ) {}

  get isComplete(): boolean {
    return this.model.currentAt !== undefined;
  }

  get staleness(): HistoryAge['staleness'] {
    const { ageMs } = this.freshness;
    if (this.model.isCaughtUp && (ageMs ?? 0) <= STALE_AFTER_MS) return undefined;
    return ageMs === undefined ? {} : { ageMs };
  }
}
