import { randomUUID } from 'node:crypto';
import { type ServerContext } from '../../server-context.js';
import { readStatus } from '../../log/index.js';
import {
  ConsumerGroup,
  type Delivery,
  type GroupDefinition,
  RateMeter,
  type ParkRequest,
  sourceName,
} from '../rules/index.js';
import { parseEventFrame } from '../../storage/event-frame.js';
import { DeadlineTimer } from './deadline-timer.js';
import { GroupError } from './group-error.js';
import { type GroupReport } from './group-report.js';
import { GroupStreams } from './group-streams.js';
import { frameOf, sourceEvent, type SourceReader, sourceReaderFor } from './source-reader.js';
import { type Subscriber, type Subscription } from './subscriber.js';

/** Deliveries per run before it yields to the event loop. */
const DELIVERIES_PER_RUN = 500;

/**
 * Runs a {@link ConsumerGroup} on the log. Every trigger (new events, acks, nacks, deadlines) only schedules a run; all
 * work is done in {@link #run}, at most once per event-loop iteration and bounded each time.
 */
export class GroupRunner {
  readonly #group: ConsumerGroup;
  /** The checkpoint and the parked events. */
  readonly streams: GroupStreams;
  readonly #source: SourceReader;
  readonly #connected = new Map<string, { readonly subscriber: Subscriber; readonly meter: RateMeter }>();
  readonly #meter: RateMeter;
  readonly #timer = new DeadlineTimer(() => this.#wake());
  readonly #unfollow: () => void;
  #scheduledRun: NodeJS.Immediate | undefined;
  #isWritingCheckpoint = false;
  #isTruncating = false;
  #isStopped = false;

  /** @param reportProblem receives errors that no client gets */
  constructor(
    private readonly context: ServerContext,
    readonly definition: GroupDefinition,
    private readonly reportProblem: (error: unknown) => void,
  ) {
    this.streams = new GroupStreams(context, definition);
    const checkpoint = this.streams.checkpoint();
    this.#group = new ConsumerGroup(definition.settings, checkpoint, context.nowMs());
    this.#source = sourceReaderFor(
      context,
      definition,
      checkpoint === undefined ? definition.resolvedStart : checkpoint + 1,
    );
    this.#meter = new RateMeter(context.nowMs());
    this.#unfollow = this.#source.follow(() => this.#wake());
    this.#wake();
  }

  /** @throws GroupError `full`, or `dropped` if the group was stopped */
  connect(subscriber: Subscriber): Subscription {
    const { source, groupName } = this.definition;
    if (this.#isStopped) throw new GroupError('dropped', sourceName(source), groupName);
    if (this.#group.isFull) throw new GroupError('full', sourceName(source), groupName);
    const id = randomUUID();
    this.#connected.set(id, { subscriber, meter: new RateMeter(this.context.nowMs()) });
    this.#group.connect(id, subscriber.bufferSize);
    this.#wake();
    return {
      acknowledge: (ids) => {
        this.#group.acknowledge(ids, this.context.nowMs());
        this.#wake();
      },
      nack: (ids, action, reason) => {
        if (this.#connected.has(id)) this.#park(this.#group.nack(ids, action, reason, this.context.nowMs()));
      },
      close: () => {
        if (this.#connected.delete(id)) this.#park(this.#group.disconnect(id));
      },
    };
  }

  /** Replays parked events: all that exist now, or those before a revision of the parked stream. */
  replayParked(stopAt: number | undefined): void {
    const { first, end } = this.streams.parkedRange();
    this.#group.replay.begin(first, Math.min(end, stopAt ?? end));
    this.#wake();
  }

  report(): GroupReport {
    const group = this.#group;
    const nowMs = this.context.nowMs();
    const { first, end } = this.streams.parkedRange();
    const { consumers, ...statistics } = group.statistics;
    return {
      definition: this.definition,
      isLive: group.isLive,
      isReplaying: group.replay.isRunning,
      ...statistics,
      rate: this.#meter.measure(statistics.totalItems, nowMs),
      lastKnownPosition: this.#source.latestPosition ?? group.progress.lastKnownPosition,
      checkpointedPosition: group.progress.checkpointedPosition,
      parkedCount: group.replay.countParked(first, end),
      consumers: consumers.flatMap((consumer) => {
        const connected = this.#connected.get(consumer.id);
        return connected === undefined
          ? []
          : [{ consumer, ...connected, rate: connected.meter.measure(consumer.totalItems, nowMs) }];
      }),
    };
  }

  /** Drops the consumers and stops. In-flight events are redelivered when the group is started again. */
  stop(cause?: unknown): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#unfollow();
    this.#timer.clear();
    clearImmediate(this.#scheduledRun);
    const dropped = [...this.#connected.values()];
    this.#connected.clear();
    for (const { subscriber } of dropped) subscriber.dropped(cause);
  }

  #wake(): void {
    if (this.#isStopped || this.#scheduledRun !== undefined) return;
    this.#scheduledRun = setImmediate(() => {
      this.#scheduledRun = undefined;
      try {
        this.#run();
      } catch (error) {
        this.reportProblem(error); // the log cannot be read: fails this group, others continue
        this.stop(error);
      }
    });
  }

  #run(): void {
    const group = this.#group;
    const source = this.#source;
    this.#park(group.expire(this.context.nowMs()));
    this.#readParked();
    if (group.readCount > 0) source.fill(group, group.readCount);
    const isDrained = this.#deliver();
    this.#writeCheckpoint();
    this.#truncateParked();
    group.isLive = !source.hasMore;
    if (!isDrained || (group.readCount > 0 && (source.hasMore || group.replay.isRunning))) this.#wake();
    this.#timer.set(this.#nextDeadlineMs(), this.context.nowMs());
  }

  #deliver(): boolean {
    for (let count = 0; count < DELIVERIES_PER_RUN; count++) {
      const delivery = this.#group.nextDelivery(this.context.nowMs());
      if (delivery === undefined) return true;
      this.#send(delivery);
    }
    return false;
  }

  #send({ consumerId, message }: Delivery): void {
    const subscriber = this.#connected.get(consumerId)?.subscriber;
    const frame = frameOf(this.context, message);
    if (subscriber === undefined || frame === undefined) {
      this.#group.acknowledge([message.id], this.context.nowMs()); // scavenged while it waited
      return;
    }
    const resolveLinks = this.definition.settings.resolveLinks || message.parkedRevision !== undefined;
    subscriber.deliver(frame, { retryCount: message.retryCount, resolveLinks });
    if (!subscriber.isBackedUp) return;
    this.#group.setPaused(consumerId, true);
    void subscriber.drained().then(() => {
      this.#group.setPaused(consumerId, false);
      this.#wake();
    });
  }

  #readParked(): void {
    const { context } = this;
    const group = this.#group;
    const { replay } = group;
    let left = group.readCount;
    if (!replay.isRunning || left === 0) return;
    const { from, end } = replay.range;
    const stream = context.store.streams.get(this.streams.parkedStream);
    if (readStatus(stream) !== 'readable') {
      replay.exhausted();
      return;
    }
    const next = context.reader.forwards(stream, from, (frame, _position, revision) => {
      if (revision >= end) return false;
      group.takeParked(sourceEvent(context, parseEventFrame(frame), this.definition.settings), revision);
      return --left > 0;
    });
    if (next >= end || next > stream.lastRevision) replay.exhausted();
  }

  #park(parkRequests: readonly ParkRequest[]): void {
    for (const request of parkRequests) {
      this.#afterWrite(
        this.streams.park(request),
        () => this.#group.parkSucceeded(request),
        () => this.#group.parkFailed(request),
      );
    }
    this.#wake();
  }

  #afterWrite(write: Promise<void>, succeeded: () => void, failed: () => void): void {
    const settled = write.then(succeeded, (error: unknown) => {
      this.reportProblem(error);
      failed();
    });
    void settled.then(() => this.#wake());
  }

  #writeCheckpoint(): void {
    const { progress } = this.#group;
    const checkpoint = this.#isWritingCheckpoint ? undefined : progress.due(this.context.nowMs());
    if (checkpoint === undefined) return;
    this.#isWritingCheckpoint = true;
    const written = this.streams
      .writeCheckpoint(checkpoint.sourcePosition)
      .finally(() => (this.#isWritingCheckpoint = false));
    this.#afterWrite(
      written,
      () => progress.written(checkpoint, this.context.nowMs()),
      () => progress.postpone(this.context.nowMs()),
    );
  }

  #truncateParked(): void {
    const { replay } = this.#group;
    const before = this.#isTruncating ? undefined : replay.truncation();
    if (before === undefined) return;
    this.#isTruncating = true;
    this.streams.truncateParked(before).then(
      () => {
        this.#isTruncating = false;
        replay.truncated(before);
        this.#wake();
      },
      (error: unknown) => {
        this.#isTruncating = false; // retried by a later run
        this.reportProblem(error);
      },
    );
  }

  #nextDeadlineMs(): number | undefined {
    const timeoutMs = this.#group.nextTimeoutMs();
    const checkpointMs = this.#isWritingCheckpoint ? undefined : this.#group.progress.nextDueMs();
    return timeoutMs === undefined || checkpointMs === undefined
      ? (timeoutMs ?? checkpointMs)
      : Math.min(timeoutMs, checkpointMs);
  }
}
