/** What a writer says about the stream's last revision. `exact` may be anything a 64-bit field can hold. */
export type ExpectedVersion =
  | { readonly kind: 'any' }
  | { readonly kind: 'noStream' }
  | { readonly kind: 'streamExists' }
  | { readonly kind: 'exact'; readonly revision: bigint };

/** The last revision of a stream without events. */
export const NO_REVISION = -1;

/** The numbers that stand for the expectations in trailers and in the v2 protocol. */
export const EXPECTED_ANY = -2;
export const EXPECTED_STREAM_EXISTS = -4;

/** The expectation as one signed number, as error trailers show it. */
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
