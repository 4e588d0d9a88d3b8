import { frameMessage, varintLength, writeVarintField } from '../../storage/wire-format.js';
import { shared, streams, Timestamp } from '../../protobuf.js';

const { ReadResp } = streams;

/** A place in the log; the two halves differ only where an answer repeats what it was asked. */
export interface AllPosition {
  readonly commit: number;
  readonly prepare: number;
}

/** The framed messages of a read beside its events. */
export function streamNotFound(streamName: string): Buffer {
  const identifier = new shared.StreamIdentifier().setStreamName(Buffer.from(streamName));
  return framed(new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(identifier)));
}

export const firstStreamPosition = (revision: number): Buffer => singleNumber(5, revision);

export const lastStreamPosition = (revision: number): Buffer => singleNumber(6, revision);

export function confirmation(subscriptionId: string): Buffer {
  return framed(
    new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(subscriptionId)),
  );
}

export function checkpoint({ commit, prepare }: AllPosition, nowMs: number): Buffer {
  const message = new ReadResp.Checkpoint()
    .setCommitPosition(String(commit))
    .setPreparePosition(String(prepare))
    .setTimestamp(timestamp(nowMs));
  return framed(new ReadResp().setCheckpoint(message));
}

/** Where a subscription is: the last revision of its stream, a position of `$all`, or nowhere yet. */
export type SubscriptionPosition = { readonly revision: number | undefined } | { readonly position: AllPosition };

export function caughtUp(where: SubscriptionPosition, nowMs: number): Buffer {
  return framed(new ReadResp().setCaughtUp(locate(new ReadResp.CaughtUp().setTimestamp(timestamp(nowMs)), where)));
}

export function fellBehind(where: SubscriptionPosition, nowMs: number): Buffer {
  return framed(new ReadResp().setFellBehind(locate(new ReadResp.FellBehind().setTimestamp(timestamp(nowMs)), where)));
}

type Locatable = InstanceType<typeof ReadResp.CaughtUp> | InstanceType<typeof ReadResp.FellBehind>;

function locate<T extends Locatable>(message: T, where: SubscriptionPosition): T {
  if ('position' in where)
    message.setPosition(
      new ReadResp.Position()
        .setCommitPosition(String(where.position.commit))
        .setPreparePosition(String(where.position.prepare)),
    );
  else if (where.revision !== undefined) message.setStreamRevision(String(where.revision));
  return message;
}

function timestamp(nowMs: number): InstanceType<typeof Timestamp> {
  return Timestamp.fromDate(new Date(nowMs));
}

function singleNumber(fieldNumber: number, value: number): Buffer {
  const message = Buffer.allocUnsafe(1 + varintLength(value));
  writeVarintField(message, 0, fieldNumber, value);
  return frameMessage(message);
}

const framed = (message: InstanceType<typeof ReadResp>): Buffer => frameMessage(message.serializeBinary());
