import { type NackAction } from '../rules/index.js';

/** The connection of a consumer. */
export interface Subscriber {
  /** Maximum number of events in flight. */
  readonly bufferSize: number;
  readonly userName: string;
  /** Remote address of its connection. */
  readonly from: string;
  readonly connectionName: string;
  /** Sends the event; the frame is only valid during the call. */
  deliver(frame: Buffer, options: DeliveryOptions): void;
  /** Whether sent events are still buffered: deliver no more before {@link drained}. */
  readonly isBackedUp: boolean;
  drained(): Promise<void>;
  /** The group was deleted, changed or failed: no further events follow. `cause`: the error, if there was one. */
  dropped(cause?: unknown): void;
}

export interface DeliveryOptions {
  readonly retryCount: number;
  readonly resolveLinks: boolean;
}

/** A connected consumer's handle to its group. */
export interface Subscription {
  acknowledge(ids: readonly string[]): void;
  nack(ids: readonly string[], action: NackAction, reason: string): void;
  close(): void;
}
