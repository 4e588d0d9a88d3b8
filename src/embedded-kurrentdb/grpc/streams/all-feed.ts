import { parseEventFrame } from '../../storage/event-frame.js';
import { MAX_EVENTS_PER_SLICE } from '../../storage/log-reader.js';
import { type ServerContext } from '../../server-context.js';
import { type EventEncoder } from './event-encoder.js';
import { type FrameBuffer } from './frame-buffer.js';
import { type FilterRequest, type PositionStart } from './read-request.js';
import { type AllPosition, checkpoint, type SubscriptionPosition } from './read-responses.js';
import { type Feed } from './subscription.js';

/**
 * The events of the log after a position, those that match the filter.
 *
 * A filter that matches little would leave its reader without a position to go on from, so checkpoints tell it how far the log was
 * looked at. The log is looked at in windows. While catching up, the window at whose end enough events have been seen sends a
 * checkpoint at its *start*, and one more comes at the last event sent, before the reader is told that it is caught up. From then on
 * a checkpoint comes at each event that completes an interval.
 */
export class AllFeed implements Feed {
  #next: number;
  readonly #start: AllPosition;
  /** Where the reader knows to be. */
  #current: AllPosition;
  #windowStart: AllPosition;
  #inWindow = 0;
  #sinceCheckpoint = 0;
  #sentSinceCheckpoint = false;

  constructor(
    private readonly context: ServerContext,
    from: PositionStart,
    private readonly filter: FilterRequest | undefined,
    private readonly encode: EventEncoder,
  ) {
    this.#start = startOf(context, from);
    this.#current = this.#start;
    this.#windowStart = this.#start;
    this.#next = this.#start.commit;
  }

  fill(buffer: FrameBuffer, live: boolean): 'more' | 'caughtUp' {
    const { reader, store } = this.context;
    let considered = 0;
    this.#next = reader.allForwards(this.#next, (frame, position) => {
      if (this.filter === undefined) this.#send(buffer, frame, position);
      else if (live) this.#considerLive(buffer, frame, position, this.filter);
      else this.#considerHistory(buffer, frame, position, this.filter);
      return !buffer.isFull && ++considered < MAX_EVENTS_PER_SLICE;
    });
    if (this.#next < store.endPosition) return 'more';
    if (!live) this.#closeWindow(buffer);
    return 'caughtUp';
  }

  beforeCaughtUp(buffer: FrameBuffer): void {
    if (this.filter !== undefined && this.filter.checkpointInterval > 0 && this.#sentSinceCheckpoint)
      this.#addCheckpoint(buffer, this.#current);
    this.#sinceCheckpoint = 0;
  }

  where(): SubscriptionPosition {
    return { position: this.#current };
  }

  follow(wake: () => void): () => void {
    return this.context.tail.followAll(wake);
  }

  failure(): undefined {
    // the log does not end
  }

  #considerHistory(buffer: FrameBuffer, frame: Buffer, position: number, filter: FilterRequest): void {
    if (this.#inWindow === 0 && position > this.#start.commit) this.#windowStart = { commit: position, prepare: 0 };
    this.#inWindow++;
    if (this.#matches(frame, filter)) this.#send(buffer, frame, position);
    if (this.#inWindow === filter.window) this.#closeWindow(buffer);
  }

  #closeWindow(buffer: FrameBuffer): void {
    this.#sinceCheckpoint += this.#inWindow;
    this.#inWindow = 0;
    const interval = this.filter?.checkpointInterval ?? 0;
    if (interval === 0 || this.#sinceCheckpoint < interval) return;
    this.#sinceCheckpoint %= interval;
    this.#addCheckpoint(buffer, this.#windowStart);
  }

  #considerLive(buffer: FrameBuffer, frame: Buffer, position: number, filter: FilterRequest): void {
    if (position <= this.#start.commit) return;
    if (this.#matches(frame, filter)) this.#send(buffer, frame, position);
    this.#sinceCheckpoint++;
    if (filter.checkpointInterval === 0 || this.#sinceCheckpoint < filter.checkpointInterval) return;
    this.#sinceCheckpoint = 0;
    this.#addCheckpoint(buffer, { commit: position, prepare: position });
  }

  #matches(frame: Buffer, filter: FilterRequest): boolean {
    const { streamName, type } = parseEventFrame(frame);
    return filter.matches({ streamName, eventType: type });
  }

  #send(buffer: FrameBuffer, frame: Buffer, position: number): void {
    if (position <= this.#start.commit) return; // the start is exclusive
    buffer.add(this.encode(frame));
    this.#current = { commit: position, prepare: position };
    this.#sentSinceCheckpoint = true;
  }

  #addCheckpoint(buffer: FrameBuffer, position: AllPosition): void {
    buffer.add(checkpoint(position, this.context.nowMs()));
    this.#current = position;
    this.#sentSinceCheckpoint = false;
  }
}

function startOf({ store }: ServerContext, from: PositionStart): AllPosition {
  if (from === 'start') return { commit: 0, prepare: 0 };
  if (from !== 'end') return from;
  const last = store.nearestPosition(store.endPosition, true) ?? 0;
  return { commit: last, prepare: last };
}
