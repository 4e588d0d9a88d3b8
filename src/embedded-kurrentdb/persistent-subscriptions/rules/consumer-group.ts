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

/** An event that a consumer has. */
interface InFlight {
  readonly message: GroupMessage;
  readonly consumer: Consumer;
  readonly sinceMs: number;
}

/**
 * A group of consumers that share the events of a source: what waits, who has what, what is given out again, what is parked.
 *
 * Events go `take` → waiting → `nextDelivery` → in flight → finished, by an answer of the consumer; or from there to the retries, or
 * to the parked ones. Nothing happens here by itself: whoever runs the group brings events while {@link readCount} wants some, asks
 * for deliveries, passes on what consumers say, parks what it is told to, and comes back at {@link nextTimeoutMs}.
 *
 * Two events with the same id are never in flight together, as answers name the id only: the second one waits for the first.
 */
export class ConsumerGroup {
  readonly progress: Progress;
  readonly replay = new ParkedReplay();
  /** Whether everything that the source holds was taken. */
  isLive = false;
  readonly #strategy: ConsumerStrategy;
  readonly #consumers = new Map<string, Consumer>();
  readonly #waiting = new Set<GroupMessage>();
  readonly #retries = new RetryQueue();
  /** By event id; in the order in which their time runs out, as it is the same for all. */
  readonly #inFlight = new Map<string, InFlight>();
  /** By event id: on their way to the stream of parked events. */
  readonly #parking = new Map<string, GroupMessage>();
  #delivered = 0;

  /** @param checkpoint the place up to which the group has finished its source before, if it has */
  constructor(
    private readonly settings: GroupSettings,
    checkpoint: number | undefined,
    nowMs: number,
  ) {
    this.progress = new Progress(settings, checkpoint, nowMs);
    this.#strategy = strategyFor(settings.consumerStrategy);
  }

  // ---- from the source

  /** How many events may be brought now: none, or a batch. */
  get readCount(): number {
    const batch = Math.max(1, this.settings.readBatchSize);
    return this.settings.historyBufferSize - this.#waiting.size - this.#retries.size >= batch ? batch : 0;
  }

  /** The next event of the source, at the place. */
  take(event: SourceEvent, sourcePosition: number): void {
    this.#waiting.add({
      ...event,
      sequence: this.progress.take(sourcePosition),
      retryCount: 0,
      parkedRevision: undefined,
    });
  }

  /** Events up to the place are not for this group. `count`: how many of them count as progress. */
  skip(sourcePosition: number, count: number): void {
    this.progress.skip(sourcePosition, count);
  }

  /** The next parked event that is to be given out again. */
  takeParked(event: SourceEvent, parkedRevision: number): void {
    this.replay.take(parkedRevision);
    this.#retries.add({ ...event, sequence: undefined, retryCount: 0, parkedRevision });
  }

  // ---- to and from consumers

  get isFull(): boolean {
    const { maxSubscriberCount } = this.settings;
    return maxSubscriberCount > 0 && this.#consumers.size >= maxSubscriberCount;
  }

  connect(id: string, bufferSize: number): void {
    const consumer = new Consumer(id, bufferSize);
    this.#consumers.set(id, consumer);
    this.#strategy.add(consumer);
  }

  /** What the consumer had goes to others, with one more try. Returns what had too many. [consume.reconnect-redelivers] */
  disconnect(id: string): readonly ParkRequest[] {
    const consumer = this.#consumers.get(id);
    if (consumer === undefined) return [];
    const lost = [...this.#inFlight.values()].filter((held) => held.consumer === consumer);
    this.#consumers.delete(id);
    this.#strategy.remove(consumer);
    for (const { message } of lost) this.#inFlight.delete(message.id);
    return lost.flatMap(({ message }) => this.#retryOrPark(message));
  }

  /** `paused`: the consumer gets nothing, for what it was sent has not left yet. */
  setPaused(id: string, paused: boolean): void {
    const consumer = this.#consumers.get(id);
    if (consumer !== undefined) consumer.paused = paused;
  }

  /** What to give to whom next, which is in flight from now on; undefined if there is nothing, or nobody takes it. */
  nextDelivery(nowMs: number): Delivery | undefined {
    if (!this.#hasReadyConsumer()) return undefined;
    return this.#deliverFirst(this.#retries, nowMs) ?? this.#deliverFirst(this.#waiting, nowMs);
  }

  /**
   * The events are done with. Whoever has them by now: a consumer may answer after its time, when another one got the event.
   * Ids of events that nobody has mean nothing.
   */
  acknowledge(ids: Iterable<string>, nowMs: number): void {
    for (const id of ids) {
      const message = this.#release(id, nowMs);
      if (message !== undefined) this.#finish(message);
    }
  }

  /** The events were not processed. Returns what is to be parked. [consume.nack.*] */
  nack(ids: Iterable<string>, action: NackAction, reason: string, nowMs: number): readonly ParkRequest[] {
    const parkRequests: ParkRequest[] = [];
    for (const id of ids) {
      const message = this.#release(id, nowMs);
      if (message !== undefined) parkRequests.push(...this.#applyNack(message, action, reason));
    }
    return parkRequests;
  }

  /** Takes back what consumers have had for too long. Returns what is to be parked. [consume.message-timeout] */
  expire(nowMs: number): readonly ParkRequest[] {
    const parkRequests: ParkRequest[] = [];
    for (const held of this.#inFlight.values()) {
      const dueMs = this.#timeoutOf(held);
      if (dueMs === undefined || dueMs > nowMs) break;
      this.#release(held.message.id, nowMs);
      parkRequests.push(...this.#retryOrPark(held.message));
    }
    return parkRequests;
  }

  /** The event is in the stream of parked events now. */
  parkSucceeded({ message }: ParkRequest): void {
    this.#parking.delete(message.id);
    this.#finish(message);
  }

  /** It could not be written there: it is given out again rather than lost. */
  parkFailed({ message }: ParkRequest): void {
    this.#parking.delete(message.id);
    this.#retries.add(message);
  }

  /** When {@link expire} will have something to do; undefined if nothing is to be expected. */
  nextTimeoutMs(): number | undefined {
    const first = this.#inFlight.values().next();
    return first.done === true ? undefined : this.#timeoutOf(first.value);
  }

  // ---- figures

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

  #deliverFirst(
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
    const held = this.#inFlight.get(id);
    if (held === undefined) return undefined;
    const { message, consumer, sinceMs } = held;
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
      case 'stop': // which a real server takes for a skip, and goes on [consume.nack.stop]
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

/** What the group is doing, in counts of events. */
export interface GroupStatistics {
  /** Deliveries ever made. */
  readonly totalItems: number;
  /** Waiting for their first consumer. */
  readonly readBufferCount: number;
  /** Waiting to be given out again. */
  readonly retryBufferCount: number;
  /** With consumers, or being parked. */
  readonly outstandingCount: number;
  readonly consumers: readonly Consumer[];
}
