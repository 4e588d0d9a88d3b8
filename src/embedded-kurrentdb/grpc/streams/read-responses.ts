import { frameMessage, varintLength, writeVarintField } from '../../storage/wire-format.js';
import { shared, streams, Timestamp } from '../../protobuf.js';

const { ReadResp } = streams;

/** A position of `$all`. Commit and prepare position only differ if a response repeats those of a request. */
export interface AllPosition {
  readonly commit: number;
  readonly prepare: number;
}

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

/**
 * The position of a subscription: the last revision of its stream, or a position of `$all`. Undefined before the first
 * event.
 */
export type SubscriptionPosition = { readonly revision: number | undefined } | { readonly position: AllPosition };

export function caughtUp(at: SubscriptionPosition, nowMs: number): Buffer {
  return framed(new ReadResp().setCaughtUp(setPosition(new ReadResp.CaughtUp().setTimestamp(timestamp(nowMs)), at)));
}

export function fellBehind(at: SubscriptionPosition, nowMs: number): Buffer {
  return framed(
    new ReadResp().setFellBehind(setPosition(new ReadResp.FellBehind().setTimestamp(timestamp(nowMs)), at)),
  );
}

type PositionedMessage = InstanceType<typeof ReadResp.CaughtUp> | InstanceType<typeof ReadResp.FellBehind>;

function setPosition<T extends PositionedMessage>(message: T, at: SubscriptionPosition): T {
  if ('position' in at)
    message.setPosition(
      new ReadResp.Position()
        .setCommitPosition(String(at.position.commit))
        .setPreparePosition(String(at.position.prepare)),
    );
  else if (at.revision !== undefined) message.setStreamRevision(String(at.revision));
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
