import { DomainError } from '../../event-store/domain/index.js';

/** How much of something a user has. */
export interface Usage {
  readonly streams: number;
  /** Of the data of all events, as JSON in UTF-8. */
  readonly bytes: number;
}

export const NO_USAGE: Usage = { streams: 0, bytes: 0 };

export class QuotaExceededError extends DomainError {
  readonly type = 'quota-exceeded';

  constructor(userId: string, quota: keyof Usage, limit: number, used: number, requested: number) {
    super(
      `User '${userId}' may have ${limit} ${quota} and has ${used}; ${requested} more do not fit. Have the quota raised, or have data erased that is not needed`,
      {
        details: { quota, limit, used, requested },
      },
    );
  }
}

/**
 * Keeps users within their quota also while several writes are under way at once: what a write will add is held from the check on until
 * it shows in the usage.
 */
export class QuotaReservations {
  readonly #held = new Map<string, Usage>();

  constructor(readonly limit: Usage) {}

  /**
   * @param used what the user has, without what is under way
   * @returns gives back what was held; harmless when called again
   * @throws QuotaExceededError where the addition does not fit
   */
  hold(userId: string, used: Usage, added: Usage): () => void {
    const held = this.#held.get(userId) ?? NO_USAGE;
    for (const quota of ['streams', 'bytes'] as const) {
      const total = used[quota] + held[quota];
      if (added[quota] > 0 && total + added[quota] > this.limit[quota])
        throw new QuotaExceededError(userId, quota, this.limit[quota], total, added[quota]);
    }
    this.#held.set(userId, { streams: held.streams + added.streams, bytes: held.bytes + added.bytes });
    let isHeld = true;
    return () => {
      if (isHeld) this.#release(userId, added);
      isHeld = false;
    };
  }

  /** What the user may still add. */
  left(used: Usage): Usage {
    return {
      streams: Math.max(0, this.limit.streams - used.streams),
      bytes: Math.max(0, this.limit.bytes - used.bytes),
    };
  }

  #release(userId: string, { streams, bytes }: Usage): void {
    const held = this.#held.get(userId) ?? NO_USAGE;
    const rest = { streams: held.streams - streams, bytes: held.bytes - bytes };
    if (rest.streams === 0 && rest.bytes === 0) this.#held.delete(userId);
    else this.#held.set(userId, rest);
  }
}
