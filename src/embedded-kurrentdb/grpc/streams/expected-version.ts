import { type ExpectedVersion } from '../../log/index.js';
import { handlerFailed, invalidArgument } from '../errors.js';
import { type GrpcError } from '../status.js';

/** The revision of a request that means "no stream" in the oldest generation of the protocol. */
const NO_STREAM_AS_REVISION = 18_446_744_073_709_551_615n;
const INT64_LIMIT = 2n ** 63n;

interface VersionOptions {
  hasNoStream(): boolean;
  hasAny(): boolean;
  hasStreamExists(): boolean;
}

/** The expected version of a request, whose exact version is `revision` if that is set; undefined if none is set. */
export function parseExpectedVersion(
  options: VersionOptions,
  revision: string | undefined,
): ExpectedVersion | undefined {
  if (revision !== undefined) return exactVersion(revision);
  if (options.hasNoStream()) return { kind: 'noStream' };
  if (options.hasAny()) return { kind: 'any' };
  if (options.hasStreamExists()) return { kind: 'streamExists' };
  return undefined;
}

export const missingExpectedVersion = (oneofType: string): GrpcError =>
  invalidArgument(`'None' is not a valid EventStore.Client.Streams.${oneofType}`);

/** An exact expectation from the 64-bit field of a request. */
function exactVersion(revision: string): ExpectedVersion {
  const value = BigInt(revision);
  if (value >= INT64_LIMIT && value !== NO_STREAM_AS_REVISION) throw handlerFailed();
  return { kind: 'exact', revision: value };
}

/** The expectation that decides: 2^64 - 1 is decided like "no stream", though it is answered as it came. */
export function effectiveExpectedVersion(expected: ExpectedVersion): ExpectedVersion {
  return expected.kind === 'exact' && expected.revision === NO_STREAM_AS_REVISION ? { kind: 'noStream' } : expected;
}
