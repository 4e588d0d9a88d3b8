import { DomainError } from '../../event-store/domain/index.js';

export interface Usage {
  readonly streams: number;
  /** What all events of the user and of the metadata of their streams take; {@link storedBytesOf}. */
  readonly bytes: number;
}

export const NO_USAGE: Usage = { streams: 0, bytes: 0 };

/** Bytes beyond the quota for deletions, restorations, and changes that take permissions away: they write too. */
export const ALLOWANCE_BYTES = 1_048_576;

export class QuotaExceededError extends DomainError {
  readonly type = 'quota-exceeded';

  constructor(userId: string, quota: keyof Usage, limit: number, used: number, requested: number) {
    super(
      `The quota of user '${userId}' is ${limit} ${quota}, of which ${used} are used; ${requested} more exceed it. ` +
        'Request a higher quota, or the erasure of data',
      {
        details: { quota, limit, used, requested },
      },
    );
  }
}

/** Enforces quotas for concurrent writes: each reserves its addition from the check until it is part of the usage. */
export class QuotaReservations {
  readonly #reserved = new Map<string, Usage>();

  constructor(readonly limit: Usage) {}

  /**
   * @param used without reservations
   * @param isRefusable false for what a user must be able to do without room: it may exceed the quota by
   *   {@link ALLOWANCE_BYTES}
   * @returns releases the reservation; later calls have no effect
   * @throws QuotaExceededError
   */
  reserve(userId: string, used: Usage, added: Usage, isRefusable = true): () => void {
    const reserved = this.#reserved.get(userId) ?? NO_USAGE;
    for (const quota of ['streams', 'bytes'] as const) {
      const total = used[quota] + reserved[quota];
      const allowance = quota === 'bytes' && !isRefusable ? ALLOWANCE_BYTES : 0;
      if (added[quota] > 0 && total + added[quota] > this.limit[quota] + allowance)
        throw new QuotaExceededError(userId, quota, this.limit[quota], total, added[quota]);
    }
    this.#reserved.set(userId, { streams: reserved.streams + added.streams, bytes: reserved.bytes + added.bytes });
    let isReserved = true;
    return () => {
      if (isReserved) this.#release(userId, added);
      isReserved = false;
    };
  }

  remaining(used: Usage): Usage {
    return {
      streams: Math.max(0, this.limit.streams - used.streams),
      bytes: Math.max(0, this.limit.bytes - used.bytes),
    };
  }

  #release(userId: string, { streams, bytes }: Usage): void {
    const reserved = this.#reserved.get(userId) ?? NO_USAGE;
    const rest = { streams: reserved.streams - streams, bytes: reserved.bytes - bytes };
    if (rest.streams === 0 && rest.bytes === 0) this.#reserved.delete(userId);
    else this.#reserved.set(userId, rest);
  }
}
