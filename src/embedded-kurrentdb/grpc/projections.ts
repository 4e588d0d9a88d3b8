import { type GrpcService, type RpcHandler } from './dispatcher.js';
import { GrpcError, StatusCode } from './status.js';

const METHODS = [
  'Create',
  'Update',
  'Delete',
  'Statistics',
  'Disable',
  'Enable',
  'Reset',
  'State',
  'Result',
  'RestartSubsystem',
] as const;

/**
 * Rejects all calls: custom projections (JavaScript in the server) are not supported. The streams of the system
 * projections exist without them.
 */
export function projectionsService(): GrpcService {
  const refuse: RpcHandler = () => {
    throw new GrpcError(
      StatusCode.UNIMPLEMENTED,
      'The embedded KurrentDB does not support projections: read the streams of the system projections ($ce-, $et-, $streams), which always exist, subscribe to $all with a filter, or use an external KurrentDB.',
    );
  };
  return {
    name: 'event_store.client.projections.Projections',
    methods: Object.fromEntries(METHODS.map((method) => [method, refuse])),
  };
}
