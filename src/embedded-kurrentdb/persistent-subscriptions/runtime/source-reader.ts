import { type ServerContext } from '../../server-context.js';
import { type EventFilter, indexStream, LINK_TYPE, parseLink, readStatus } from '../../log/index.js';
import {
  allGroupFilter,
  type ConsumerGroup,
  type GroupDefinition,
  type GroupSettings,
  isStreamOfAllGroup,
  pinKeyOf,
  type SourceEvent,
} from '../rules/index.js';
import { eventIdToString } from '../../storage/event-id.js';
import { type ParsedEvent, parseEventFrame } from '../../storage/event-frame.js';
import { MAX_EVENTS_PER_SLICE } from '../../storage/log-reader.js';

/** Reads the events of a group's source from where it left off. */
export interface SourceReader {
  /** Lets the group take up to `count` events. */
  fill(group: ConsumerGroup, count: number): void;
  /** Whether unread events exist. */
  readonly hasMore: boolean;
  /** Source position of the last event, read or not; undefined if it cannot be determined without reading. */
  readonly latestPosition: number | undefined;
  /** Calls back when there may be new events. Returns the unsubscribe function. */
  follow(wake: () => void): () => void;
}

/** @param from source position of the first event */
export function sourceReaderFor(
  context: ServerContext,
  { source, settings }: GroupDefinition,
  from: number,
): SourceReader {
  return source.kind === 'stream'
    ? new StreamSourceReader(context, source.streamName, settings, from)
    : new AllSourceReader(context, allGroupFilter(source.filter), settings, from);
}

/** The events of one stream; none while it does not exist or is deleted. */
class StreamSourceReader implements SourceReader {
  #next: number;

  constructor(
    private readonly context: ServerContext,
    private readonly streamName: string,
    private readonly settings: GroupSettings,
    private readonly from: number,
  ) {
    this.#next = from;
  }

  fill(group: ConsumerGroup, count: number): void {
    const stream = this.context.store.streams.get(this.streamName);
    if (readStatus(stream) !== 'readable') return;
    let left = count;
    this.#next = this.context.reader.forwards(stream, this.#next, (frame, _position, revision) => {
      group.take(sourceEvent(this.context, parseEventFrame(frame), this.settings), revision);
      return --left > 0;
    });
  }

  get hasMore(): boolean {
    const stream = this.context.store.streams.get(this.streamName);
    return readStatus(stream) === 'readable' && this.#next <= stream.lastRevision;
  }

  get latestPosition(): number | undefined {
    const stream = this.context.store.streams.get(this.streamName);
    return readStatus(stream) === 'readable' && this.from <= stream.lastRevision ? stream.lastRevision : undefined;
  }

  follow(wake: () => void): () => void {
    return this.context.tail.followStream(this.streamName, wake);
  }
}

/** The events of the log that match a filter. */
class AllSourceReader implements SourceReader {
  readonly latestPosition: undefined;

  constructor(
    private readonly context: ServerContext,
    private readonly matches: EventFilter,
    private readonly settings: GroupSettings,
    private next: number,
  ) {}

  fill(group: ConsumerGroup, count: number): void {
    let left = count;
    let examined = 0;
    this.next = this.context.reader.allForwards(this.next, (frame, position) => {
      const event = parseEventFrame(frame);
      if (this.matches({ streamName: event.streamName, eventType: event.type })) {
        group.take(sourceEvent(this.context, event, this.settings), position);
        left--;
      } else {
        group.progress.skip(position, isStreamOfAllGroup(event.streamName) ? 0 : 1);
      }
      return left > 0 && ++examined < MAX_EVENTS_PER_SLICE;
    });
  }

  get hasMore(): boolean {
    return this.next < this.context.store.endPosition;
  }

  follow(wake: () => void): () => void {
    return this.context.tail.followAll(wake);
  }
}

export function sourceEvent(context: ServerContext, event: ParsedEvent, settings: GroupSettings): SourceEvent {
  const { streamName, revision, position } = event;
  const indexed = indexStream(streamName) === undefined ? {} : { indexed: { streamName, revision } };
  return { id: eventIdToString(event.id), position, pinKey: pinKey(context, event, settings), ...indexed };
}

/** Undefined if the event was scavenged. See {@link import('../../storage/log-store.js').EventAt.frame}. */
export function frameOf({ store }: ServerContext, { position, indexed }: SourceEvent): Buffer | undefined {
  return indexed === undefined
    ? store.eventAt(position)
    : store.eventOf(store.streams.get(indexed.streamName), indexed.revision)?.frame;
}

function pinKey(context: ServerContext, event: ParsedEvent, { consumerStrategy, resolveLinks }: GroupSettings): string {
  const linked = resolveLinks && consumerStrategy === 'PinnedByCorrelation' ? linkedEvent(context, event) : undefined;
  const { streamName, type, data, customMetadata } = linked ?? event;
  return pinKeyOf(consumerStrategy, {
    streamName,
    type,
    data: () => data.toString('utf8'),
    customMetadata: () => customMetadata.toString('utf8'),
  });
}

/**
 * The event that a link points to; undefined if the event is not a link, or its target is not visible. The read
 * overwrites the memory of the link's frame: copy what is needed of it first.
 */
export function linkedEvent({ store, reader }: ServerContext, { type, data }: ParsedEvent): ParsedEvent | undefined {
  const target = type === LINK_TYPE ? parseLink(data.toString('utf8')) : undefined;
  const stream = target && store.streams.get(target.streamName);
  const frame = stream && readStatus(stream) === 'readable' ? reader.visibleEvent(stream, target.revision) : undefined;
  return frame && parseEventFrame(frame);
}
