import { type NackAction } from '../rules/index.js';

/** A consumer as the group sees it: the far end of a call. */
export interface Subscriber {
  /** Events that it wants to have at a time. */
  readonly bufferSize: number;
  readonly userName: string;
  /** Address of its connection. */
  readonly from: string;
  readonly connectionName: string;
  /** Sends the event, which is only valid during the call. */
  deliver(frame: Buffer, options: DeliveryOptions): void;
  /** What was sent has not left yet: it should get no more before {@link drained}. */
  readonly isBackedUp: boolean;
  drained(): Promise<void>;
  /** The group is gone, or was changed, or cannot go on: nothing more comes. `cause`: what failed, if something did. */
  dropped(cause?: unknown): void;
}

export interface DeliveryOptions {
  readonly retryCount: number;
  readonly resolveLinks: boolean;
}

/** What a consumer says to its group. */
export interface Subscription {
  acknowledge(ids: readonly string[]): void;
  nack(ids: readonly string[], action: NackAction, reason: string): void;
  /** The consumer is gone. */
  close(): void;
}
