import {
  type AppendDecision,
  decideAppend,
  decideDelete,
  type ExpectedVersion,
  firstVisibleRevision,
  indexStream,
  isMetadataStream,
  isSoftDeleted,
  type EventIdLookup,
  metadataStreamOf,
  NO_REVISION,
  parseSystemMetadata,
  softUndeletedMetadata,
  SOFT_DELETED_JSON,
  originalStreamOf,
} from '../log/index.js';
import {
  appendHeader,
  encodeStoredEvent,
  type ProposedEvent,
  parseEventFrame,
  TOMBSTONE_REVISION,
} from './event-frame.js';
import { type EventId, eventIdsEqual } from './event-id.js';
import { type LogStore } from './log-store.js';
import { type StreamEntry } from './streams.js';

type WriteRejection =
  { readonly kind: 'wrongExpectedVersion'; readonly currentRevision: number } | { readonly kind: 'deleted' };

export type AppendOutcome =
  /**
   * `revision` is the last one of the stream if there was nothing to write; `position` is undefined for an idempotent
   * append whose events were truncated or deleted.
   */
  { readonly kind: 'appended'; readonly revision: number; readonly position: number | undefined } | WriteRejection;

export type DeleteOutcome = { readonly kind: 'deletedAt'; readonly position: number } | WriteRejection;

interface LogWriterDependencies {
  nowMs(): number;
  newEventId(): EventId;
}

const TOMBSTONE_TYPE = Buffer.from('$streamDeleted');
const EMPTY = Buffer.alloc(0);

/**
 * Appends, deletes and tombstones. Each call runs within a transaction of the store, sees the earlier writes of that
 * transaction, and writes everything or nothing.
 */
export class LogWriter {
  /** The last event type, decoded: consecutive events usually share it. */
  #lastType = { bytes: EMPTY, text: '' };

  constructor(
    private readonly store: LogStore,
    private readonly dependencies: LogWriterDependencies,
  ) {}

  append(streamName: string, expected: ExpectedVersion, events: readonly ProposedEvent[]): AppendOutcome {
    const decision = this.decide(streamName, expected, events);
    return decision.kind === 'write'
      ? this.write(streamName, events, decision)
      : this.outcomeWithoutWrite(streamName, decision);
  }

  /** The decision of {@link append}, without writing. */
  decide(streamName: string, expected: ExpectedVersion, events: readonly ProposedEvent[]): AppendDecision {
    const stream = this.store.streams.get(streamName);
    return decideAppend(
      stream,
      expected,
      events.map(({ id }) => id),
      this.#eventIdLookup(streamName, stream),
    );
  }

  /** Outcome of an append that writes nothing. */
  outcomeWithoutWrite(streamName: string, decision: Exclude<AppendDecision, { kind: 'write' }>): AppendOutcome {
    if (decision.kind !== 'idempotent') return decision;
    const stream = this.store.streams.get(streamName);
    return {
      kind: 'appended',
      revision: decision.lastRevision,
      position: this.#readablePosition(stream, decision.lastRevision),
    };
  }

  /** Writes an append that {@link decide} accepted. */
  write(
    streamName: string,
    events: readonly ProposedEvent[],
    { firstRevision, softUndelete }: { firstRevision: number; softUndelete: boolean },
  ): AppendOutcome {
    if (events.length === 0)
      return { kind: 'appended', revision: firstRevision - 1, position: this.store.allocateEmptyPosition() };
    const position = this.#writeEvents(streamName, firstRevision, events);
    if (isMetadataStream(streamName))
      this.#applyMetadata(originalStreamOf(streamName), events[events.length - 1]?.data ?? EMPTY);
    if (softUndelete) this.#softUndelete(streamName, firstRevision);
    return { kind: 'appended', revision: firstRevision + events.length - 1, position };
  }

  /** Soft delete: the events are no longer readable; the numbering of the stream continues. */
  delete(streamName: string, expected: ExpectedVersion): DeleteOutcome {
    const decision = decideDelete(this.store.streams.get(streamName), expected, {
      hasMetadata: this.store.streams.get(metadataStreamOf(streamName)).lastRevision !== NO_REVISION,
    });
    if (decision.kind !== 'delete') return decision;
    return { kind: 'deletedAt', position: this.#writeMetadata(streamName, SOFT_DELETED_JSON) };
  }

  /** Hard delete: the stream can never be written again. */
  tombstone(streamName: string, expected: ExpectedVersion): DeleteOutcome {
    const decision = decideDelete(this.store.streams.get(streamName), expected, 'hard');
    if (decision.kind !== 'delete') return decision;
    const id = this.store.streams.getOrCreateId(streamName);
    const position = this.store.allocatePosition();
    const event = {
      id: this.dependencies.newEventId(),
      type: TOMBSTONE_TYPE,
      isJson: false,
      customMetadata: EMPTY,
      data: EMPTY,
    };
    const common = appendHeader(streamName, this.dependencies.nowMs());
    this.store.put(position, encodeStoredEvent(common, event, TOMBSTONE_REVISION, position), id, undefined);
    this.#link(streamName, event, TOMBSTONE_REVISION, position);
    this.store.streams.tombstone(streamName, id, position);
    return { kind: 'deletedAt', position };
  }

  #writeEvents(streamName: string, firstRevision: number, events: readonly ProposedEvent[]): number {
    if (indexStream(streamName) !== undefined)
      throw new Error(`${streamName} is an index stream and cannot be written`);
    const id = this.store.streams.getOrCreateId(streamName);
    const common = appendHeader(streamName, this.dependencies.nowMs());
    let position = 0;
    let revision = firstRevision;
    for (const event of events) {
      position = this.store.allocatePosition();
      this.store.put(position, encodeStoredEvent(common, event, revision, position), id, revision);
      this.#link(streamName, event, revision, position);
      this.store.eventIds.add(id, event.id, revision++);
    }
    this.store.streams.setLastRevision(streamName, id, firstRevision + events.length - 1);
    return position;
  }

  #link(streamName: string, { type, customMetadata, data }: ProposedEvent, revision: number, position: number): void {
    if (!this.#lastType.bytes.equals(type))
      this.#lastType = { bytes: Buffer.from(type), text: Buffer.from(type).toString('utf8') };
    this.store.links.add(streamName, position, { revision, type: this.#lastType.text, customMetadata, data });
  }

  #writeMetadata(streamName: string, document: string): number {
    const metadataStream = metadataStreamOf(streamName);
    const event = metadataEvent(this.dependencies.newEventId(), document);
    const position = this.#writeEvents(metadataStream, this.store.streams.get(metadataStream).lastRevision + 1, [
      event,
    ]);
    this.store.streams.setMetadata(streamName, parseSystemMetadata(document));
    return position;
  }

  /**
   * Applies metadata written by a client. If that undeletes a soft-deleted stream, `$tb` is added to keep its old
   * events deleted.
   */
  #applyMetadata(streamName: string, data: Uint8Array): void {
    const before = this.store.streams.get(streamName);
    const document = Buffer.from(data).toString('utf8');
    const undeleted = isSoftDeleted(before) ? softUndeletedMetadata(document, before.lastRevision + 1) : undefined;
    if (undeleted === undefined) this.store.streams.setMetadata(streamName, parseSystemMetadata(document));
    else this.#writeMetadata(streamName, undeleted);
  }

  #softUndelete(streamName: string, firstRevision: number): void {
    const undeleted = softUndeletedMetadata(this.store.streams.metadataDocument(streamName) ?? '{}', firstRevision);
    if (undeleted !== undefined) this.#writeMetadata(streamName, undeleted);
  }

  #eventIdLookup(streamName: string, stream: StreamEntry): EventIdLookup<EventId> {
    const { store } = this;
    return {
      lastRevisionOf: (id) => (stream.id === 0 ? undefined : store.lastRevisionOf(stream, id)),
      hasIdAt: (revision, id) => {
        const found = store.eventOf(stream, revision);
        return found !== undefined && eventIdsEqual(parseEventFrame(found.frame).id, id);
      },
      metastreamLastRevision: () => store.streams.get(metadataStreamOf(streamName)).lastRevision,
    };
  }

  #readablePosition(stream: StreamEntry, revision: number): number | undefined {
    return isSoftDeleted(stream) || revision < firstVisibleRevision(stream) || revision === NO_REVISION
      ? undefined
      : this.store.positionOf(stream.id, revision);
  }
}

/** An event that the server writes; one with a JSON document, or without data. */
export const serverEvent = (id: EventId, type: string, document?: string): ProposedEvent => ({
  id,
  type: Buffer.from(type),
  isJson: document !== undefined,
  customMetadata: EMPTY,
  data: document === undefined ? EMPTY : Buffer.from(document),
});

/** An event of a metadata stream. */
export const metadataEvent = (id: EventId, document: string): ProposedEvent => serverEvent(id, '$metadata', document);
