import { checkSettings, type GroupSettings, type GroupSource, sourceName } from '../rules/index.js';
import { type PersistentSubscriptions } from '../runtime/persistent-subscriptions.js';
import { type Principal } from '../../log/principal.js';
import { type GrpcCall } from '../../grpc/call.js';
import { type GrpcService, type RpcHandler, unary } from '../../grpc/dispatcher.js';
import { accessDenied, handlerFailed } from '../../grpc/errors.js';
import { isOperator } from '../../grpc/operations.js';
import { persistentSubscriptions, shared } from '../../protobuf.js';
import { type ServerContext } from '../../server-context.js';
import { readHandler } from './consumer-call.js';
import { type GroupRequest, streamSource, parseCreate, parseSource, parseUpdate } from './group-request.js';
import { groupNotFound, toGrpcError, settingsError } from './grpc-errors.js';
import { subscriptionInfo } from './subscription-info.js';

const {
  CreateReq,
  CreateResp,
  UpdateReq,
  UpdateResp,
  DeleteReq,
  DeleteResp,
  GetInfoReq,
  GetInfoResp,
  ListReq,
  ListResp,
  ReplayParkedReq,
  ReplayParkedResp,
} = persistentSubscriptions;

/** The PersistentSubscriptions service. */
export function persistentSubscriptionsService(
  context: ServerContext,
  subscriptions: PersistentSubscriptions,
): GrpcService {
  return {
    name: 'event_store.client.persistent_subscriptions.PersistentSubscriptions',
    methods: {
      Create: operatorUnary(CreateReq, async (request, call) => {
        const { source, groupName, start, settings } = parseCreate(request.getOptions());
        await subscriptions.create(
          { source, groupName, start, settings: validateSettings(settings, source, groupName) },
          userName(call.principal),
        );
        return new CreateResp();
      }),
      Update: operatorUnary(UpdateReq, async (request, call) => {
        const { source, groupName, start, settings } = parseUpdate(request.getOptions());
        await subscriptions.update(
          source,
          groupName,
          start,
          validateSettings(settings, source, groupName),
          userName(call.principal),
        );
        return new UpdateResp();
      }),
      Delete: operatorUnary(DeleteReq, async (request, call) => {
        const options = request.getOptions();
        await subscriptions.delete(parseSource(options), options?.getGroupName() ?? '', userName(call.principal));
        return new DeleteResp();
      }),
      ReplayParked: operatorUnary(ReplayParkedReq, (request) => {
        const options = request.getOptions();
        if (options === undefined || !(options.hasStopAt() || options.hasNoLimit())) throw handlerFailed();
        subscriptions
          .get(parseSource(options), options.getGroupName())
          .replayParked(options.hasStopAt() ? Number(options.getStopAt()) : undefined);
        return Promise.resolve(new ReplayParkedResp());
      }),
      RestartSubsystem: operatorUnary(shared.Empty, async () => {
        await subscriptions.restart();
        return new shared.Empty();
      }),
      GetInfo: unary(GetInfoReq, (request, call) => {
        requireUser(call.principal);
        const options = request.getOptions();
        return new GetInfoResp().setSubscriptionInfo(
          subscriptionInfo(group(subscriptions, parseSource(options), options?.getGroupName() ?? '').report()),
        );
      }),
      List: unary(ListReq, (request, call) => {
        requireUser(call.principal);
        return new ListResp().setSubscriptionsList(list(subscriptions, request.getOptions()));
      }),
      Read: readHandler(context, subscriptions),
    },
  };
}

type MessageType<T> = Parameters<typeof unary<T>>[0];
type Response = Awaited<ReturnType<Parameters<typeof unary<unknown>>[1]>>;

/** A unary handler for operators only. [acl.groups] */
function operatorUnary<Request>(
  type: MessageType<Request>,
  handle: (request: Request, call: GrpcCall) => Promise<Response>,
): RpcHandler {
  return unary(type, async (request, call) => {
    if (!isOperator(call.principal)) throw accessDenied();
    try {
      return await handle(request, call);
    } catch (error) {
      throw toGrpcError(error);
    }
  });
}

function requireUser({ loginName }: Principal): void {
  if (loginName === undefined) throw accessDenied();
}

const userName = ({ loginName }: Principal): string => loginName ?? 'anonymous';

function validateSettings(settings: GroupRequest['settings'], source: GroupSource, groupName: string): GroupSettings {
  try {
    return checkSettings(settings);
  } catch (error) {
    throw settingsError(error, sourceName(source), groupName);
  }
}

function group(
  subscriptions: PersistentSubscriptions,
  source: GroupSource,
  groupName: string,
): ReturnType<PersistentSubscriptions['get']> {
  try {
    return subscriptions.get(source, groupName);
  } catch (error) {
    throw toGrpcError(error);
  }
}

/** All groups, or those on one source, which is an error if there are none. [groups.list] */
function list(
  subscriptions: PersistentSubscriptions,
  options: InstanceType<typeof ListReq.Options> | undefined,
): ReturnType<typeof subscriptionInfo>[] {
  const forStream = options?.getListForStream();
  if (forStream === undefined) {
    if (options?.hasListAllSubscriptions() === true) return subscriptions.reports().map(subscriptionInfo);
    throw handlerFailed();
  }
  const source: GroupSource = forStream.hasAll()
    ? { kind: 'all', filter: undefined }
    : streamSource(forStream.getStream());
  const reports = subscriptions.reports(source);
  if (reports.length === 0) throw groupNotFound(sourceName(source), '');
  return reports.map(subscriptionInfo);
}
