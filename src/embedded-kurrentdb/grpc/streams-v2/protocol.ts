/** The generated classes of protocol v2, in the client's package. */
import errorsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/errors_pb.js';
import serverErrorsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/errors_pb.js';
import streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_pb.js';

export { errorsPb as streamErrors, serverErrorsPb as serverErrors, streamsPb as streamsV2 };
