import { type ExpectedVersion } from '../../log/index.js';
import { handlerFailed, invalidArgument } from '../errors.js';
import { type GrpcError } from '../status.js';

/** The revision by which the oldest clients express "no stream". */
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

/** An exact version from a 64-bit field. */
function exactVersion(revision: string): ExpectedVersion {
  const value = BigInt(revision);
  if (value >= INT64_LIMIT && value !== NO_STREAM_AS_REVISION) throw handlerFailed();
  return { kind: 'exact', revision: value };
}

/** The version that is checked: 2^64 - 1 is treated as "no stream", although error responses repeat it unchanged. */
export function effectiveExpectedVersion(expected: ExpectedVersion): ExpectedVersion {
  return expected.kind === 'exact' && expected.revision === NO_STREAM_AS_REVISION ? { kind: 'noStream' } : expected;
}
