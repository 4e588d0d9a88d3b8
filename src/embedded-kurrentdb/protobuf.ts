/**
 * The generated classes of the client's package, which is CommonJS without named exports. They decode requests and
 * encode the responses that are not on a hot path.
 */
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import persistentSubscriptionsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js';
import sharedPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import statusPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/status_pb.js';
import streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';

/** The name in a request's stream identifier; empty if it is missing. */
export const streamNameOf = (identifier: InstanceType<typeof sharedPb.StreamIdentifier> | undefined): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');

export const { Any } = anyPb;
export const { Timestamp } = timestampPb;
export {
  persistentSubscriptionsPb as persistentSubscriptions,
  sharedPb as shared,
  statusPb as rpcStatus,
  streamsPb as streams,
};
