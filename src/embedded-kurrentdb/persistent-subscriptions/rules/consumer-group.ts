import { Consumer } from './consumer.js';
import { type ConsumerStrategy, strategyFor } from './consumer-strategy.js';
import {
  type Delivery,
  type GroupMessage,
  type ParkRequest,
  type NackAction,
  type SourceEvent,
} from './group-message.js';
import { ParkedReplay } from './parked-replay.js';
import { Progress } from './progress.js';
import { RetryQueue } from './retry-queue.js';
import { type GroupSettings } from './settings.js';

interface InFlight {
  readonly message: GroupMessage;
  readonly consumer: Consumer;
  readonly sinceMs: number;
}

/**
 * State machine of a persistent subscription group: pending events, in-flight events, retries and parking.
 *
 * An event moves `take` → waiting → `nextDelivery` → in flight → finished; a nack, a timeout or a disconnect moves it
 * to the retry queue or to parking. The class is passive: its runner takes events while {@link readCount} is positive,
 * sends the deliveries, passes on acks and nacks, writes the parked events, and calls {@link expire} at {@link
 * nextTimeoutMs}.
 *
 * Two events with the same id are never in flight at the same time, because acks carry the id only: the second one
 * waits for the first.
 */
export class ConsumerGroup {
  readonly progress: Progress;
  readonly replay = new ParkedReplay();
  /** Whether all events of the source were taken. */
  isLive = false;
  readonly #strategy: ConsumerStrategy;
  readonly #consumers = new Map<string, Consumer>();
  readonly #waiting = new Set<GroupMessage>();
  readonly #retries = new RetryQueue();
  /** By event id, in the order of their timeouts, which are equal for all events. */
  readonly #inFlight = new Map<string, InFlight>();
  /** By event id: events that are being written to the parked stream. */
  readonly #parking = new Map<string, GroupMessage>();
  #delivered = 0;

  /** @param checkpoint source position up to which the group has finished, if it has a checkpoint */
  constructor(
    private readonly settings: GroupSettings,
    checkpoint: number | undefined,
    nowMs: number,
  ) {
    this.progress = new Progress(settings, checkpoint, nowMs);
    this.#strategy = strategyFor(settings.consumerStrategy);
  }

  /** Number of events to read now: 0, or a batch. */
  get readCount(): number {
    const batch = Math.max(1, this.settings.readBatchSize);
    return this.settings.historyBufferSize - this.#waiting.size - this.#retries.size >= batch ? batch : 0;
  }

  take(event: SourceEvent, sourcePosition: number): void {
    this.#waiting.add({
      ...event,
      sequence: this.progress.take(sourcePosition),
      retryCount: 0,
      parkedRevision: undefined,
    });
  }

  takeParked(event: SourceEvent, parkedRevision: number): void {
    this.replay.take(parkedRevision);
    this.#retries.add({ ...event, sequence: undefined, retryCount: 0, parkedRevision });
  }

  get isFull(): boolean {
    const { maxSubscriberCount } = this.settings;
    return maxSubscriberCount > 0 && this.#consumers.size >= maxSubscriberCount;
  }

  connect(id: string, bufferSize: number): void {
    const consumer = new Consumer(id, bufferSize);
    this.#consumers.set(id, consumer);
    this.#strategy.add(consumer);
  }

  /** Retries the consumer's in-flight events. Returns those to park. [consume.reconnect-redelivers] */
  disconnect(id: string): readonly ParkRequest[] {
    const consumer = this.#consumers.get(id);
    if (consumer === undefined) return [];
    const released = [...this.#inFlight.values()].filter((inFlight) => inFlight.consumer === consumer);
    this.#consumers.delete(id);
    this.#strategy.remove(consumer);
    for (const { message } of released) this.#inFlight.delete(message.id);
    return released.flatMap(({ message }) => this.#retryOrPark(message));
  }

  setPaused(id: string, paused: boolean): void {
    const consumer = this.#consumers.get(id);
    if (consumer !== undefined) consumer.paused = paused;
  }

  /** Puts the next event in flight; undefined if none is pending or no consumer can receive it. */
  nextDelivery(nowMs: number): Delivery | undefined {
    if (!this.#hasReadyConsumer()) return undefined;
    return this.#deliverFrom(this.#retries, nowMs) ?? this.#deliverFrom(this.#waiting, nowMs);
  }

  /**
   * Finishes the events, whichever consumer has them by now: an ack may arrive after the timeout, when the event was
   * delivered to another consumer. Unknown ids are ignored.
   */
  acknowledge(ids: Iterable<string>, nowMs: number): void {
    for (const id of ids) {
      const message = this.#release(id, nowMs);
      if (message !== undefined) this.#finish(message);
    }
  }

  /** Returns the events to park. [consume.nack.*] */
  nack(ids: Iterable<string>, action: NackAction, reason: string, nowMs: number): readonly ParkRequest[] {
    const parkRequests: ParkRequest[] = [];
    for (const id of ids) {
      const message = this.#release(id, nowMs);
      if (message !== undefined) parkRequests.push(...this.#applyNack(message, action, reason));
    }
    return parkRequests;
  }

  /** Retries the events whose message timeout has passed. Returns the events to park. [consume.message-timeout] */
  expire(nowMs: number): readonly ParkRequest[] {
    const parkRequests: ParkRequest[] = [];
    for (const inFlight of this.#inFlight.values()) {
      const dueMs = this.#timeoutOf(inFlight);
      if (dueMs === undefined || dueMs > nowMs) break;
      this.#release(inFlight.message.id, nowMs);
      parkRequests.push(...this.#retryOrPark(inFlight.message));
    }
    return parkRequests;
  }

  parkSucceeded({ message }: ParkRequest): void {
    this.#parking.delete(message.id);
    this.#finish(message);
  }

  /** The event could not be parked: it is retried rather than lost. */
  parkFailed({ message }: ParkRequest): void {
    this.#parking.delete(message.id);
    this.#retries.add(message);
  }

  /** When {@link expire} is due; undefined if no timeout is pending. */
  nextTimeoutMs(): number | undefined {
    const first = this.#inFlight.values().next();
    return first.done === true ? undefined : this.#timeoutOf(first.value);
  }

  get statistics(): GroupStatistics {
    return {
      totalItems: this.#delivered,
      readBufferCount: this.#waiting.size,
      retryBufferCount: this.#retries.size,
      outstandingCount: this.#inFlight.size + this.#parking.size,
      consumers: [...this.#consumers.values()],
    };
  }

  #hasReadyConsumer(): boolean {
    for (const consumer of this.#consumers.values()) if (consumer.canReceive) return true;
    return false;
  }

  #deliverFrom(
    queue: Iterable<GroupMessage> & { delete(message: GroupMessage): boolean },
    nowMs: number,
  ): Delivery | undefined {
    for (const message of queue) {
      if (this.#inFlight.has(message.id) || this.#parking.has(message.id)) continue;
      const consumer = this.#strategy.choose(message.pinKey);
      if (consumer === undefined) continue;
      queue.delete(message);
      this.#inFlight.set(message.id, { message, consumer, sinceMs: nowMs });
      consumer.taken();
      this.#strategy.taken(consumer, message.pinKey);
      this.#delivered++;
      return { consumerId: consumer.id, message };
    }
    return undefined;
  }

  #release(id: string, nowMs: number): GroupMessage | undefined {
    const inFlight = this.#inFlight.get(id);
    if (inFlight === undefined) return undefined;
    const { message, consumer, sinceMs } = inFlight;
    this.#inFlight.delete(id);
    consumer.released();
    if (this.settings.extraStatistics) consumer.observe(nowMs - sinceMs);
    this.#strategy.released(consumer, message.pinKey);
    return message;
  }

  #applyNack(message: GroupMessage, action: NackAction, reason: string): readonly ParkRequest[] {
    switch (action) {
      case 'unknown':
      case 'retry':
        return this.#retryOrPark(message);
      case 'park':
        return [this.#park(message, `Client explicitly NAK'ed message.\n${reason}`)];
      case 'skip':
      case 'stop': // KurrentDB treats it as a skip [consume.nack.stop]
        this.#finish(message);
        return [];
    }
  }

  #retryOrPark(message: GroupMessage): readonly ParkRequest[] {
    const { maxRetryCount } = this.settings;
    if (message.retryCount >= maxRetryCount) return [this.#park(message, `Reached retry count of ${maxRetryCount}`)];
    this.#retries.add({ ...message, retryCount: message.retryCount + 1 });
    return [];
  }

  #park(message: GroupMessage, reason: string): ParkRequest {
    this.#parking.set(message.id, message);
    return { message, reason };
  }

  #finish({ sequence, parkedRevision }: GroupMessage): void {
    if (sequence !== undefined) this.progress.finish(sequence);
    if (parkedRevision !== undefined) this.replay.finish(parkedRevision);
  }

  #timeoutOf({ sinceMs }: InFlight): number | undefined {
    const { messageTimeoutMs } = this.settings;
    return messageTimeoutMs > 0 ? sinceMs + messageTimeoutMs : undefined;
  }
}

/** Statistics of a group, in numbers of events. */
export interface GroupStatistics {
  /** Deliveries so far. */
  readonly totalItems: number;
  /** Waiting for their first delivery. */
  readonly readBufferCount: number;
  /** Waiting for a retry. */
  readonly retryBufferCount: number;
  /** In flight, or being parked. */
  readonly outstandingCount: number;
  readonly consumers: readonly Consumer[];
}
