/** What a target answered to one probe. */
export interface ProbeResult {
  /** Milliseconds with fractions, by the monotonic clock, until the target had answered or was found not to. */
  readonly responseTime: number;
  /** Why the answer is a failure, for a person, without credentials; absent where it is none. */
  readonly error?: string;
  /** What is wrong although it answered as it should, for a person: it is `degraded` then. Absent where `error` is there. */
  readonly warning?: string;
  /** Nothing can be told yet, and `error` says why: no sample is taken, so that the time stays unknown. */
  readonly isInconclusive?: true;
  readonly phases?: ProbePhases;
  /** When the certificate ends that the target showed, in milliseconds since 1970. */
  readonly certificateEndsAt?: number;
}

/** Milliseconds with fractions that the parts of a probe took, as far as it had them; of the last request where redirects were followed. */
export interface ProbePhases {
  readonly dns?: number;
  readonly connect?: number;
  readonly tls?: number;
  /** From the request until the first byte of the answer. */
  readonly firstByte?: number;
}

/** Asks one target, once, whether it works. */
export interface Probe {
  /**
   * Resolves with what was found, also where the target cannot be reached.
   *
   * @param signal when it aborts, everything that was opened is closed; what the promise does then is of no interest
   */
  probe(signal: AbortSignal): Promise<ProbeResult>;
  /** Gives back what is kept between probes, where something is. */
  close?(): Promise<void>;
}
