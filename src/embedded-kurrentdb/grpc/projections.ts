import structPb from 'google-protobuf/google/protobuf/struct_pb.js';
import projectionsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/projectionmanagement_pb.js';
import { type ProjectionState, ProjectionStates } from '../projections/projection-states.js';
import { shared } from '../protobuf.js';
import { type ServerContext } from '../server-context.js';
import { frameMessage } from '../storage/wire-format.js';
import { type GrpcService, type RpcHandler, serverStreaming, unary } from './dispatcher.js';
import { accessDenied, handlerFailed } from './errors.js';
import { isOperator } from './operations.js';
import { GrpcError, StatusCode } from './status.js';

const {
  CreateReq,
  DeleteReq,
  DisableReq,
  DisableResp,
  EnableReq,
  EnableResp,
  ResetReq,
  ResetResp,
  ResultReq,
  ResultResp,
  StateReq,
  StateResp,
  StatisticsReq,
  StatisticsResp,
  UpdateReq,
} = projectionsPb;

type StatisticsOptions = InstanceType<typeof StatisticsReq.Options>;

/**
 * The Projections service, for the system projections only: their streams always exist, enabled or not. Custom
 * projections (JavaScript in the server) are not supported.
 */
export function projectionsService(context: ServerContext): GrpcService {
  const states = new ProjectionStates(context);
  const find = (name: string | undefined): ProjectionState => {
    const state = states.find(name ?? '');
    if (state === undefined) throw new GrpcError(StatusCode.NOT_FOUND, `Projection '${name ?? ''}' not found`);
    return state;
  };
  return {
    name: 'event_store.client.projections.Projections',
    methods: {
      Statistics: serverStreaming(StatisticsReq, (request, call) => {
        if (call.principal.loginName === undefined) throw accessDenied();
        for (const state of selected(states, request.getOptions(), find))
          call.write(frameMessage(new StatisticsResp().setDetails(detailsOf(state)).serializeBinary()));
        call.end();
        return Promise.resolve();
      }),
      Enable: operatorUnary(EnableReq, async (request) => {
        await states.change(find(request.getOptions()?.getName()).name, 'enable');
        return new EnableResp();
      }),
      Disable: operatorUnary(DisableReq, async (request) => {
        const options = request.getOptions();
        const { name } = find(options?.getName());
        await states.change(name, options?.getWriteCheckpoint() === true ? 'disable' : 'abort');
        return new DisableResp();
      }),
      Reset: operatorUnary(ResetReq, (request) => {
        find(request.getOptions()?.getName());
        return new ResetResp();
      }),
      Delete: operatorUnary(DeleteReq, (request) => {
        find(request.getOptions()?.getName());
        throw new GrpcError(
          StatusCode.FAILED_PRECONDITION,
          "We currently don't allow for the deletion of System Projections.",
        );
      }),
      State: unary(StateReq, (request, call) => {
        if (call.principal.loginName === undefined) throw accessDenied();
        find(request.getOptions()?.getName());
        return new StateResp().setState(emptyObject());
      }),
      Result: unary(ResultReq, (request, call) => {
        if (call.principal.loginName === undefined) throw accessDenied();
        find(request.getOptions()?.getName());
        return new ResultResp().setResult(emptyObject());
      }),
      Create: operatorUnary(CreateReq, () => {
        throw customProjection();
      }),
      Update: operatorUnary(UpdateReq, (request) => {
        find(request.getOptions()?.getName());
        throw customProjection();
      }),
      RestartSubsystem: operatorUnary(shared.Empty, () => new shared.Empty()),
    },
  };
}

function operatorUnary<Request>(
  type: Parameters<typeof unary<Request>>[0],
  handle: (request: Request) => ReturnType<Parameters<typeof unary<Request>>[1]>,
): RpcHandler {
  return unary(type, (request, call) => {
    if (!isOperator(call.principal)) throw accessDenied();
    return handle(request);
  });
}

/** All system projections are continuous. */
function selected(
  states: ProjectionStates,
  options: StatisticsOptions | undefined,
  find: (name: string) => ProjectionState,
): readonly ProjectionState[] {
  switch (options?.getModeCase()) {
    case StatisticsReq.Options.ModeCase.NAME:
      return [find(options.getName())];
    case StatisticsReq.Options.ModeCase.ALL:
    case StatisticsReq.Options.ModeCase.CONTINUOUS:
      return states.list();
    case StatisticsReq.Options.ModeCase.TRANSIENT:
    case StatisticsReq.Options.ModeCase.ONE_TIME:
      return [];
    default:
      throw handlerFailed();
  }
}

function detailsOf({
  name,
  status,
  version,
  position,
  progress,
}: ProjectionState): InstanceType<typeof StatisticsResp.Details> {
  const checkpoint = `C:${position}/P:${position}`;
  return new StatisticsResp.Details()
    .setName(name)
    .setEffectivename(name)
    .setMode('Continuous')
    .setStatus(status)
    .setVersion(String(version))
    .setEpoch(String(version))
    .setPosition(checkpoint)
    .setLastcheckpoint(checkpoint)
    .setProgress(progress)
    .setCoreprocessingtime('0')
    .setEventsprocessedafterrestart('0')
    .setBufferedevents('0');
}

/** System projections have no state. */
const emptyObject = (): InstanceType<typeof structPb.Value> => structPb.Value.fromJavaScript({});

const customProjection = (): GrpcError =>
  new GrpcError(
    StatusCode.UNIMPLEMENTED,
    'The embedded KurrentDB does not support custom projections: read the streams of the system projections ($ce-, $et-, $streams), which always exist, subscribe to $all with a filter, or use an external KurrentDB.',
  );
