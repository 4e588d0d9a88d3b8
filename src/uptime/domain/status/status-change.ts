import { type Sample } from '../samples/sample.js';
import { type ObservedStatus, type PerformanceGrade } from './service-status.js';

/** The sample that a change is dated to, as recorded with the change. */
export interface ChangeEvidence {
  /** Milliseconds, integer. */
  readonly responseTime?: number;
  readonly error?: string;
  readonly performanceGrade?: PerformanceGrade;
}

/** A confirmed change of a service's status. */
export interface StatusChange {
  readonly serviceName: string;
  readonly status: ObservedStatus;
  /** Start of the first sample with the new status, in milliseconds since 1970. */
  readonly at: number;
  /**
   * Milliseconds that the previous status lasted, including time without probes; absent for a service's first status.
   */
  readonly duration?: number;
  readonly metadata: ChangeEvidence;
  /** Deterministic, so that replicas and retries record a change once. */
  readonly eventId: string;
}

export function toChangeEvidence({ responseMicros, error, grade }: Sample): ChangeEvidence {
  return {
    responseTime: Math.round(responseMicros / 1_000),
    ...(error === undefined ? {} : { error }),
    ...(grade === undefined ? {} : { performanceGrade: grade }),
  };
}

/** `evt_{at}_{hash}`, derived from the change alone. */
export function changeEventId(serviceName: string, status: ObservedStatus, at: number): string {
  return `evt_${at}_${fnv1a64(`${serviceName}\n${status}\n${at}`)}`;
}

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/** 64-bit FNV-1a hash in base 36, 13 characters. @param ascii an ASCII string, such as a service name */
export function fnv1a64(ascii: string): string {
  let hash = FNV_OFFSET;
  for (const character of ascii) hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0) ?? 0)) * FNV_PRIME);
  return hash.toString(36).padStart(13, '0');
}
