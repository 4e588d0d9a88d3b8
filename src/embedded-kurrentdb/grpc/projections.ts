import { type GrpcService, type RpcHandler } from './dispatcher.js';
import { GrpcError, StatusCode } from './status.js';

const METHODS = ['Create', 'Update', 'Delete', 'Statistics', 'Disable', 'Enable', 'Reset', 'State', 'Result', 'RestartSubsystem'] as const;

/** Projections run JavaScript inside the server, which this one does not do; it says so. */
export function projectionsService(): GrpcService {
  const refuse: RpcHandler = () => {
    throw new GrpcError(StatusCode.UNIMPLEMENTED, 'The embedded KurrentDB runs no projections: subscribe to $all with a filter, or use an external KurrentDB.');
  };
  return { name: 'event_store.client.projections.Projections', methods: Object.fromEntries(METHODS.map((method) => [method, refuse])) };
}
