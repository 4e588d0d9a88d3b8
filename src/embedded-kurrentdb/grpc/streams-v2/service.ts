import { type GrpcService } from '../dispatcher.js';
import { type ServerContext } from '../../server-context.js';
import { appendRecordsHandler } from './append-records.js';
import { appendSessionHandler } from './append-session.js';

/** The Streams service of protocol v2. */
export function streamsServiceV2(context: ServerContext): GrpcService {
  return {
    name: 'kurrentdb.protocol.v2.streams.StreamsService',
    methods: { AppendRecords: appendRecordsHandler(context), AppendSession: appendSessionHandler(context) },
  };
}
