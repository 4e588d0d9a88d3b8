/** The version of the stream that a writer expects. `exact` is any 64-bit value that a client may send. */
export type ExpectedVersion =
  | { readonly kind: 'any' }
  | { readonly kind: 'noStream' }
  | { readonly kind: 'streamExists' }
  | { readonly kind: 'exact'; readonly revision: bigint };

/** The last revision of a stream without events, as in KurrentDB. */
export const NO_REVISION = -1;

/** The constants of KurrentDB's `ExpectedVersion`, as used in trailers and protocol v2. */
export const EXPECTED_ANY = -2;
export const EXPECTED_STREAM_EXISTS = -4;

/** The expected version as a signed number, for error trailers. */
export function expectedVersionNumber(expected: ExpectedVersion): bigint {
  switch (expected.kind) {
    case 'any':
      return BigInt(EXPECTED_ANY);
    case 'noStream':
      return BigInt(NO_REVISION);
    case 'streamExists':
      return BigInt(EXPECTED_STREAM_EXISTS);
    case 'exact':
      return BigInt.asIntN(64, expected.revision);
  }
}
