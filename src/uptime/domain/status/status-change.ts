import { type Sample } from '../samples/sample.js';
import { type ObservedStatus, type PerformanceGrade } from './service-status.js';

/** What was seen at the moment that a change is dated to. */
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
  /** When it became so: the beginning of the first sample that showed it, in milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds that the previous status lasted, probed or not; absent for a service's first status. */
  readonly duration?: number;
  readonly metadata: ChangeEvidence;
  /** Same for the same change whoever decides it and however often, so that it is recorded once. */
  readonly eventId: string;
}

export function evidenceOf({ responseMicros, error, grade }: Sample): ChangeEvidence {
  return {
    responseTime: Math.round(responseMicros / 1_000),
    ...(error === undefined ? {} : { error }),
    ...(grade === undefined ? {} : { performanceGrade: grade }),
  };
}

/** `evt_{at}_{hash}`: made of nothing but the change itself. */
export function changeEventId(serviceName: string, status: ObservedStatus, at: number): string {
  return `evt_${at}_${hashText(`${serviceName}\n${status}\n${at}`)}`;
}

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/** FNV-1a of 64 bits in base 36, 13 characters. The text must be ASCII, as names of services are. */
export function hashText(ascii: string): string {
  let hash = FNV_OFFSET;
  for (const character of ascii) hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0) ?? 0)) * FNV_PRIME);
  return hash.toString(36).padStart(13, '0');
}
