import { type GrpcService } from '../dispatcher.js';
import { type ServerContext } from '../../server-context.js';
import { appendHandler } from './append.js';
import { batchAppendHandler } from './batch-append.js';
import { deleteHandler, tombstoneHandler } from './delete.js';
import { readHandler } from './read.js';

/** The Streams service of protocol v1. */
export function streamsService(context: ServerContext): GrpcService {
  return {
    name: 'event_store.client.streams.Streams',
    methods: {
      Append: appendHandler(context),
      BatchAppend: batchAppendHandler(context),
      Delete: deleteHandler(context),
      Read: readHandler(context),
      Tombstone: tombstoneHandler(context),
    },
  };
}
