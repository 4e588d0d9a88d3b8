import { Histogram, type StoredHistogram } from './histogram.js';
import { errorKindOf } from './error-kind.js';
import { type Sample } from '../samples/sample.js';
import { OBSERVED_STATUSES } from '../status/service-status.js';

/** Error kinds per rollup; further ones count as {@link OTHER_ERRORS}. */
const MAX_ERROR_KINDS = 12;
export const OTHER_ERRORS = 'other';

/**
 * Stored form: sample counts in the order of `OBSERVED_STATUSES`, the sum of the response times in microseconds and
 * their histogram (both without `down` samples), and the count of each error kind.
 */
export type StoredRollup = readonly [
  counts: readonly number[],
  answeredMicros: number,
  responseMicros: StoredHistogram,
  errors: readonly (readonly [kind: string, count: number])[],
];

/** Aggregated samples of a time range. A sample is answered unless it is `down`. */
export class Rollup {
  readonly #counts = OBSERVED_STATUSES.map(() => 0);
  #answeredMicros = 0;
  readonly #responses = new Histogram();
  readonly #errors = new Map<string, number>();

  /** Response times of answered samples in microseconds, without event-loop lag. */
  get responseMicros(): Histogram {
    return this.#responses;
  }

  /** Samples by error kind. */
  get errors(): ReadonlyMap<string, number> {
    return this.#errors;
  }

  /** @param errorKind of the sample's error, see {@link errorKindOf} */
  add(
    { status, responseMicros, delayMicros = 0 }: Pick<Sample, 'status' | 'responseMicros' | 'delayMicros'>,
    errorKind?: string,
  ): void {
    const index = OBSERVED_STATUSES.indexOf(status);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    if (status !== 'down') {
      this.#answeredMicros += responseMicros - delayMicros;
      this.#responses.add(responseMicros - delayMicros);
    }
    if (errorKind !== undefined)
      this.#countError(
        this.#errors.has(errorKind) || this.#errors.size < MAX_ERROR_KINDS ? errorKind : OTHER_ERRORS,
        1,
      );
  }

  merge([counts, answeredMicros, responses, errors]: StoredRollup): void {
    counts.forEach((count, index) => (this.#counts[index] = (this.#counts[index] ?? 0) + count));
    this.#answeredMicros += answeredMicros;
    this.#responses.merge(responses);
    for (const [kind, count] of errors) this.#countError(kind, count);
  }

  toStored(): StoredRollup {
    return [this.#counts, this.#answeredMicros, this.#responses.toStored(), [...this.#errors]];
  }

  #countError(kind: string, count: number): void {
    this.#errors.set(kind, (this.#errors.get(kind) ?? 0) + count);
  }
}

/** Memoized {@link errorKindOf}: the samples of an outage have the same error. */
export class ErrorKindCache {
  readonly #kinds = new Map<string, string>();

  of(error: string): string {
    const cached = this.#kinds.get(error);
    if (cached !== undefined) return cached;
    const kind = errorKindOf(error);
    this.#kinds.set(error, kind);
    return kind;
  }
}
