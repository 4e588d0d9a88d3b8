import { randomUUID } from 'node:crypto';
import operationsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/operations_pb.js';
import { OPERATIONS_GROUP, type Principal } from '../log/principal.js';
import { Scavenge } from '../storage/scavenge.js';
import { type GrpcService, type Message, type MessageType, type RpcHandler, unary } from './dispatcher.js';
import { accessDenied } from './errors.js';
import { shared } from '../protobuf.js';
import { type ServerContext } from '../server-context.js';
import { GrpcError, StatusCode } from './status.js';

const { ScavengeResp, SetNodePriorityReq, StartScavengeReq, StopScavengeReq } = operationsPb;
const { ScavengeResult } = ScavengeResp;

export interface OperationsDependencies {
  /** Drops all consumers and reloads the groups from the configuration. */
  restartPersistentSubscriptions(): Promise<void>;
  /** Stops the server, after the response. */
  shutdown(): void;
  reportProblem(error: unknown): void;
}

/**
 * The Operations service, for admins and members of `$ops`. MergeIndexes, ResignNode and SetNodePriority have no effect
 * on a single node.
 */
export function operationsService(context: ServerContext, dependencies: OperationsDependencies): GrpcService {
  const scavenges = new Scavenges(context, dependencies);
  return {
    name: 'event_store.client.operations.Operations',
    methods: {
      StartScavenge: operation(StartScavengeReq, () =>
        new ScavengeResp().setScavengeId(scavenges.start()).setScavengeResult(ScavengeResult.STARTED),
      ),
      StopScavenge: operation(StopScavengeReq, (request) => {
        const id = request.getOptions()?.getScavengeId() ?? '';
        scavenges.stop(id);
        return new ScavengeResp().setScavengeId(id).setScavengeResult(ScavengeResult.STOPPED);
      }),
      Shutdown: operation(shared.Empty, () => {
        setImmediate(() => dependencies.shutdown());
        return new shared.Empty();
      }),
      MergeIndexes: operation(shared.Empty, () => new shared.Empty()),
      ResignNode: operation(shared.Empty, () => new shared.Empty()),
      SetNodePriority: operation(SetNodePriorityReq, () => new shared.Empty()),
      RestartPersistentSubscriptions: operation(shared.Empty, async () => {
        await dependencies.restartPersistentSubscriptions();
        return new shared.Empty();
      }),
    },
  };
}

function operation<Request>(
  type: MessageType<Request>,
  run: (request: Request) => Message | Promise<Message>,
): RpcHandler {
  return unary(type, (request, call) => {
    if (!isOperator(call.principal)) throw accessDenied();
    return run(request);
  });
}

/** Whether the principal may use operations and manage persistent subscriptions. */
export const isOperator = (principal: Principal): boolean =>
  principal.isAdmin || principal.groups.includes(OPERATIONS_GROUP);

class Scavenges {
  #running: { readonly id: string; readonly scavenge: Scavenge } | undefined;

  constructor(
    private readonly context: ServerContext,
    private readonly dependencies: OperationsDependencies,
  ) {}

  /** Starts a scavenge unless one is running; returns the id of the running one. */
  start(): string {
    if (this.#running !== undefined) return this.#running.id;
    const { store, reader, commits, nowMs } = this.context;
    const scavenge = new Scavenge(store, reader, commits, nowMs);
    const running = { id: randomUUID(), scavenge };
    this.#running = running;
    scavenge
      .run()
      .catch((error: unknown) => this.dependencies.reportProblem(error))
      .finally(() => (this.#running = undefined));
    return running.id;
  }

  stop(id: string): void {
    if (this.#running?.id !== id)
      throw new GrpcError(StatusCode.NOT_FOUND, 'Scavenge id was invalid.', { exception: 'scavenge-not-found' });
    this.#running.scavenge.stop();
  }
}
