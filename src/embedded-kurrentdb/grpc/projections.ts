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

/** Projections run JavaScript inside the server, which this one does not do; it says so. What the system projections give is there without them. */
export function projectionsService(): GrpcService {
  const refuse: RpcHandler = () => {
    throw new GrpcError(
      StatusCode.UNIMPLEMENTED,
      'The embedded KurrentDB runs no projections: read the streams of the system projections ($ce-, $et-, $streams), which are always there, subscribe to $all with a filter, or use an external KurrentDB.',
    );
  };
  return {
    name: 'event_store.client.projections.Projections',
    methods: Object.fromEntries(METHODS.map((method) => [method, refuse])),
  };
}
