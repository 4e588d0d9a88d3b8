import { type NackAction, groupKey, type GroupSource, sourceName } from '../rules/index.js';
import { type DeliveryOptions, type Subscriber, type Subscription } from '../runtime/subscriber.js';
import { GroupError } from '../runtime/group-error.js';
import { type PersistentSubscriptions } from '../runtime/persistent-subscriptions.js';
import { eventIdToString } from '../../storage/event-id.js';
import { type GrpcCall } from '../../grpc/call.js';
import { decode, type RpcHandler } from '../../grpc/dispatcher.js';
import { handlerFailed } from '../../grpc/errors.js';
import { persistentSubscriptions, type shared } from '../../protobuf.js';
import { type ServerContext } from '../../server-context.js';
import { parseUuid } from '../../grpc/streams/proposed-message.js';
import { deliveredEvent } from './delivered-event.js';
import { parseSource } from './group-request.js';
import { toGrpcError } from './grpc-errors.js';

const { ReadReq, ReadResp } = persistentSubscriptions;

/** Bytes that are written before the backpressure of the connection is checked. */
const MAX_UNFLUSHED_BYTES = 256 * 1024;

/** PersistentSubscriptions.Read: delivers events to a consumer and receives its acks and nacks. */
export function readHandler(context: ServerContext, subscriptions: PersistentSubscriptions): RpcHandler {
  return (call) => {
    const consumer = new ConsumerCall(context, subscriptions, call);
    call.onMessage = (message) => consumer.receive(message);
    call.onHalfClose = () => consumer.halfClosed();
    call.onClose = () => consumer.closed();
  };
}

class ConsumerCall implements Subscriber {
  bufferSize = 0;
  readonly userName: string;
  readonly from: string;
  readonly connectionName: string;
  #source: GroupSource | undefined;
  #groupName = '';
  #structuredIds = false;
  #subscription: Subscription | undefined;
  #unflushedBytes = 0;

  constructor(
    private readonly context: ServerContext,
    private readonly subscriptions: PersistentSubscriptions,
    private readonly call: GrpcCall,
  ) {
    this.userName = call.principal.loginName ?? 'anonymous';
    this.from = call.peer;
    const name = call.headers['connection-name'];
    this.connectionName = typeof name === 'string' ? name : '';
  }

  /** @throws GrpcError */
  receive(message: Buffer): void {
    const request = decode(ReadReq, message);
    if (this.#subscription === undefined) this.#subscribe(request.getOptions());
    else if (request.hasAck()) this.#subscription.acknowledge(parseIds(request.getAck()?.getIdsList()));
    else if (request.hasNack())
      this.#subscription.nack(
        parseIds(request.getNack()?.getIdsList()),
        parseNackAction(request.getNack()?.getAction()),
        request.getNack()?.getReason() ?? '',
      );
    else throw handlerFailed();
  }

  /** A subscribed consumer keeps receiving events, although it can no longer ack them. [consume.malformed] */
  halfClosed(): void {
    if (this.#subscription === undefined) this.call.end();
  }

  closed(): void {
    this.#subscription?.close();
  }

  deliver(frame: Buffer, options: DeliveryOptions): void {
    const response = deliveredEvent(this.context, frame, { ...options, structuredIds: this.#structuredIds });
    this.#unflushedBytes += response.length;
    this.call.write(response);
  }

  get isBackedUp(): boolean {
    return this.#unflushedBytes > MAX_UNFLUSHED_BYTES || this.call.isBackedUp;
  }

  async drained(): Promise<void> {
    await this.call.drained();
    this.#unflushedBytes = 0;
  }

  dropped(cause?: unknown): void {
    const streamName = this.#source === undefined ? '' : sourceName(this.#source);
    this.call.fail(cause ?? toGrpcError(new GroupError('dropped', streamName, this.#groupName)));
  }

  #subscribe(options: InstanceType<typeof ReadReq.Options> | undefined): void {
    const uuidOption = options?.getUuidOption();
    if (options === undefined || uuidOption === undefined) throw handlerFailed();
    this.#source = parseSource(options);
    this.#groupName = options.getGroupName();
    this.bufferSize = options.getBufferSize();
    this.#structuredIds = uuidOption.hasStructured();
    this.context.authorization.requireAccess(this.call.principal, sourceName(this.#source), 'read');
    try {
      this.#subscription = this.subscriptions.get(this.#source, this.#groupName).connect(this);
    } catch (error) {
      throw toGrpcError(error);
    }
    const confirmation = new ReadResp.SubscriptionConfirmation().setSubscriptionId(
      groupKey(this.#source, this.#groupName),
    );
    this.call.writeMessage(new ReadResp().setSubscriptionConfirmation(confirmation).serializeBinary());
  }
}

/** @throws GrpcError if an id is not a UUID */
function parseIds(ids: readonly InstanceType<typeof shared.UUID>[] | undefined): readonly string[] {
  return (ids ?? []).map((uuid) => {
    const id = parseUuid(Buffer.from(uuid.serializeBinary()));
    if (id === undefined) throw handlerFailed();
    return eventIdToString(id);
  });
}

const { Action } = ReadReq.Nack;

const NACK_ACTIONS: ReadonlyMap<number | undefined, NackAction> = new Map([
  [Action.UNKNOWN, 'unknown'],
  [Action.PARK, 'park'],
  [Action.RETRY, 'retry'],
  [Action.SKIP, 'skip'],
  [Action.STOP, 'stop'],
]);

/** @throws GrpcError if the action is unknown */
function parseNackAction(action: number | undefined): NackAction {
  const parsed = NACK_ACTIONS.get(action);
  if (parsed === undefined) throw handlerFailed();
  return parsed;
}
