import { checkSettings, type GroupSource, sourceName } from '../rules/index.js';
import { type PersistentSubscriptions, type RequestedGroup } from '../runtime/persistent-subscriptions.js';
import { type Principal } from '../../log/principal.js';
import { type GrpcService, type RpcHandler, unary } from '../../grpc/dispatcher.js';
import { accessDenied, handlerFailed } from '../../grpc/errors.js';
import { isOperator } from '../../grpc/operations.js';
import { persistentSubscriptions as pb, shared } from '../../protobuf.js';
import { type ServerContext } from '../../server-context.js';
import { readHandler } from './consumer-call.js';
import { type GroupRequest, streamSource, parseCreate, parseSource, parseUpdate } from './group-request.js';
import { settingsError, toGrpcError } from './grpc-errors.js';
import { subscriptionInfo } from './subscription-info.js';

export function persistentSubscriptionsService(
  context: ServerContext,
  subscriptions: PersistentSubscriptions,
): GrpcService {
  return {
    name: 'event_store.client.persistent_subscriptions.PersistentSubscriptions',
    methods: {
      Create: groupUnary(pb.CreateReq, isOperator, async (request, call) => {
        await subscriptions.create(checked(parseCreate(request.getOptions())), userName(call.principal));
        return new pb.CreateResp();
      }),
      Update: groupUnary(pb.UpdateReq, isOperator, async (request, call) => {
        await subscriptions.update(checked(parseUpdate(request.getOptions())), userName(call.principal));
        return new pb.UpdateResp();
      }),
      Delete: groupUnary(pb.DeleteReq, isOperator, async (request, call) => {
        const options = request.getOptions();
        await subscriptions.delete(parseSource(options), options?.getGroupName() ?? '', userName(call.principal));
        return new pb.DeleteResp();
      }),
      ReplayParked: groupUnary(pb.ReplayParkedReq, isOperator, (request) => {
        const options = request.getOptions();
        if (options === undefined || !(options.hasStopAt() || options.hasNoLimit())) throw handlerFailed();
        subscriptions
          .get(parseSource(options), options.getGroupName())
          .replayParked(options.hasStopAt() ? Number(options.getStopAt()) : undefined);
        return new pb.ReplayParkedResp();
      }),
      RestartSubsystem: groupUnary(shared.Empty, isOperator, async () => {
        await subscriptions.restart();
        return new shared.Empty();
      }),
      GetInfo: groupUnary(pb.GetInfoReq, isUser, (request) => {
        const options = request.getOptions();
        const group = subscriptions.get(parseSource(options), options?.getGroupName() ?? '');
        return new pb.GetInfoResp().setSubscriptionInfo(subscriptionInfo(group.report()));
      }),
      List: groupUnary(pb.ListReq, isUser, (request) =>
        new pb.ListResp().setSubscriptionsList(list(subscriptions, request.getOptions())),
      ),
      Read: readHandler(context, subscriptions),
    },
  };
}

/** A unary handler for the callers that satisfy `mayCall`; it maps the errors of groups. [acl.groups] */
function groupUnary<Request>(
  type: Parameters<typeof unary<Request>>[0],
  mayCall: (principal: Principal) => boolean,
  handle: Parameters<typeof unary<Request>>[1],
): RpcHandler {
  return unary(type, async (request, call) => {
    if (!mayCall(call.principal)) throw accessDenied();
    try {
      return await handle(request, call);
    } catch (error) {
      throw toGrpcError(error);
    }
  });
}

const isUser = ({ loginName }: Principal): boolean => loginName !== undefined;

const userName = ({ loginName }: Principal): string => loginName ?? 'anonymous';

function checked(request: GroupRequest): RequestedGroup {
  try {
    return { ...request, settings: checkSettings(request.settings) };
  } catch (error) {
    throw settingsError(error, sourceName(request.source), request.groupName);
  }
}

/** All groups, or those on one source, which is an error if there never were any. [groups.list] */
function list(
  subscriptions: PersistentSubscriptions,
  options: InstanceType<typeof pb.ListReq.Options> | undefined,
): ReturnType<typeof subscriptionInfo>[] {
  const forStream = options?.getListForStream();
  if (forStream === undefined) {
    if (options?.hasListAllSubscriptions() === true) return subscriptions.reports().map(subscriptionInfo);
    throw handlerFailed();
  }
  const source: GroupSource = forStream.hasAll()
    ? { kind: 'all', filter: undefined }
    : streamSource(forStream.getStream());
  return subscriptions.reportsOn(source).map(subscriptionInfo);
}
