import { NO_REVISION, readStatus } from '../../log/index.js';
import { type StreamEntry } from '../../storage/streams.js';
import { streamDeleted } from '../errors.js';
import { type ServerContext } from '../../server-context.js';
import { type EventEncoder } from './event-encoder.js';
import { type FrameBuffer } from './frame-buffer.js';
import { type RevisionStart } from './read-request.js';
import { type SubscriptionPosition } from './read-responses.js';
import { type Feed } from './subscription.js';

/** The events of one stream after a revision, up to its tombstone. */
export class StreamFeed implements Feed {
  #terminalError: Error | undefined;
  #lastSent: number | undefined;
  #next: number;

  constructor(
    private readonly context: ServerContext,
    private readonly streamName: string,
    from: RevisionStart,
    private readonly encode: EventEncoder,
  ) {
    const stream = this.#stream;
    if (stream.tombstoned) this.#terminalError = streamDeleted(streamName);
    const after = from === 'start' ? NO_REVISION : from === 'end' ? stream.lastRevision : from;
    this.#lastSent = after === NO_REVISION ? undefined : after;
    this.#next = after + 1;
  }

  fill(buffer: FrameBuffer): 'more' | 'caughtUp' {
    const stream = this.#stream;
    if (readStatus(stream) === 'readable') {
      this.#next = this.context.reader.forwards(stream, this.#next, (frame, _position, revision) => {
        buffer.add(this.encode(frame));
        this.#lastSent = revision;
        return !buffer.isFull;
      });
      if (this.#next <= stream.lastRevision) return 'more';
    }
    if (stream.tombstoned) {
      const tombstone = this.context.store.eventAt(stream.tombstonePosition);
      if (tombstone !== undefined) buffer.add(this.encode(tombstone));
      this.#terminalError = streamDeleted(this.streamName);
    }
    return 'caughtUp';
  }

  beforeCaughtUp(): void {
    // checkpoints exist for $all only
  }

  position(): SubscriptionPosition {
    return { revision: this.#lastSent };
  }

  follow(wake: () => void): () => void {
    return this.context.tail.followStream(this.streamName, wake);
  }

  terminalError(): Error | undefined {
    return this.#terminalError;
  }

  get #stream(): StreamEntry {
    return this.context.store.streams.get(this.streamName);
  }
}
