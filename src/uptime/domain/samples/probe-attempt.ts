import { type Sample } from './sample.js';

/** Result of a single probe. */
export interface ProbeResult {
  /** Milliseconds with fractions on the monotonic clock, until the response or the failure. */
  readonly responseTime: number;
  /** Why the probe failed, in plain language and without credentials; absent after a success. */
  readonly error?: string;
  /** Why a successful probe counts as `degraded`, in plain language. Absent if `error` is set. */
  readonly warning?: string;
  /** The probe could not determine a status, for the reason in `error`: no sample is recorded. */
  readonly isInconclusive?: true;
  readonly phases?: ProbePhases;
  /** Earliest expiry in the chain of the certificate that the target presented, in milliseconds since 1970. */
  readonly certificateEndsAt?: number;
  /** Name of the certificate with that expiry: of the target, or of an authority that signed for it. */
  readonly certificateName?: string;
}

/** Durations of the phases of a probe in milliseconds with fractions; after redirects, those of the last request. */
export interface ProbePhases {
  readonly dns?: number;
  readonly connect?: number;
  readonly tls?: number;
  /** From the request to the first byte of the response. */
  readonly firstByte?: number;
}

/** A probe result and the event-loop lag during the probe. */
export interface TimedProbeResult extends ProbeResult {
  /** Milliseconds. */
  readonly delay: number;
}

/** A completed probe, retries included: the sample to record and the result that it was made from. */
export interface ProbeAttempt {
  readonly sample: Sample;
  readonly result: TimedProbeResult;
}
