import { Histogram, type StoredHistogram } from './histogram.js';
import { errorKindOf } from './error-kind.js';
import { type Sample } from '../samples/sample.js';
import { OBSERVED_STATUSES } from '../status/service-status.js';

/** A row names so many kinds of error; further ones count as {@link OTHER_ERRORS}. */
const MAX_ERROR_KINDS = 12;
export const OTHER_ERRORS = 'other';

/**
 * What is kept of a rollup: counts of samples by status in the order of `OBSERVED_STATUSES`, the sum of the response times in
 * microseconds and their histogram, both of samples that were answered, and how often each kind of error came.
 */
export type StoredRollup = readonly [
  counts: readonly number[],
  answeredMicros: number,
  responseMicros: StoredHistogram,
  errors: readonly (readonly [kind: string, count: number])[],
];

/** All samples of a stretch of time, as counts. What was answered is what was not `down`. */
export class Rollup {
  readonly #counts = OBSERVED_STATUSES.map(() => 0);
  #answeredMicros = 0;
  readonly #responses = new Histogram();
  readonly #errors = new Map<string, number>();

  /** How fast the answers came, in microseconds; what the prober itself was held up is not in it. */
  get responseMicros(): Histogram {
    return this.#responses;
  }

  /** How often each kind of error came. */
  get errors(): ReadonlyMap<string, number> {
    return this.#errors;
  }

  /** @param errorKind see {@link errorKindOf}; there where the sample has an error */
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

  /** Adds what another one counted. */
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

/** {@link errorKindOf}, found once for each text: the samples of an outage have one in common. */
export class ErrorKinds {
  readonly #known = new Map<string, string>();

  of(error: string): string {
    const known = this.#known.get(error);
    if (known !== undefined) return known;
    const kind = errorKindOf(error);
    this.#known.set(error, kind);
    return kind;
  }
}
