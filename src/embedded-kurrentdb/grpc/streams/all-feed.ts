import { parseEventFrame } from '../../storage/event-frame.js';
import { MAX_EVENTS_PER_SLICE } from '../../storage/log-reader.js';
import { type ServerContext } from '../../server-context.js';
import { type EventEncoder } from './event-encoder.js';
import { type FrameBuffer } from './frame-buffer.js';
import { type FilterRequest, type PositionStart } from './read-request.js';
import { type AllPosition, checkpoint, type SubscriptionPosition } from './read-responses.js';
import { type Feed } from './subscription.js';

/**
 * The events of the log after a position that match the filter.
 *
 * With a selective filter the client would have no position to resume from, so checkpoints report how far the log was
 * read. While catching up, the log is read in windows: the window that completes a checkpoint interval sends a
 * checkpoint at its *start*, and another one follows at the last sent event before "caught up". From then on, a
 * checkpoint is sent at each event that completes an interval.
 */
export class AllFeed implements Feed {
  #next: number;
  readonly #start: AllPosition;
  /** Last position that was sent. */
  #current: AllPosition;
  #windowStart: AllPosition;
  #windowLength = 0;
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
    let examined = 0;
    this.#next = reader.allForwards(this.#next, (frame, position) => {
      if (this.filter === undefined) this.#send(buffer, frame, position);
      else if (live) this.#filterLive(buffer, frame, position, this.filter);
      else this.#filterHistory(buffer, frame, position, this.filter);
      return !buffer.isFull && ++examined < MAX_EVENTS_PER_SLICE;
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

  position(): SubscriptionPosition {
    return { position: this.#current };
  }

  follow(wake: () => void): () => void {
    return this.context.tail.followAll(wake);
  }

  terminalError(): undefined {
    // the log never ends
  }

  #filterHistory(buffer: FrameBuffer, frame: Buffer, position: number, filter: FilterRequest): void {
    if (this.#windowLength === 0 && position > this.#start.commit) this.#windowStart = { commit: position, prepare: 0 };
    this.#windowLength++;
    if (this.#matches(frame, filter)) this.#send(buffer, frame, position);
    if (this.#windowLength === filter.window) this.#closeWindow(buffer);
  }

  #closeWindow(buffer: FrameBuffer): void {
    this.#sinceCheckpoint += this.#windowLength;
    this.#windowLength = 0;
    const interval = this.filter?.checkpointInterval ?? 0;
    if (interval === 0 || this.#sinceCheckpoint < interval) return;
    this.#sinceCheckpoint %= interval;
    this.#addCheckpoint(buffer, this.#windowStart);
  }

  #filterLive(buffer: FrameBuffer, frame: Buffer, position: number, filter: FilterRequest): void {
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
