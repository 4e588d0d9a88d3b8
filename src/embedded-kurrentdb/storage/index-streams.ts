import {
  indexEntry,
  type IndexableEvent,
  indexScope,
  type IndexScope,
  type IndexStream,
  indexStreamsOf,
} from '../log/index.js';
import { appendHeader, encodeEventFrame, type ParsedEvent } from './event-frame.js';
import { EVENT_ID_BYTES, type EventId } from './event-id.js';
import { writeUint48 } from './keys.js';
import { type Gaps } from './gaps.js';
import { IndexPages } from './index-pages.js';
import { type Streams } from './streams.js';
import { type Tables } from './tables.js';

/**
 * Maintains the index streams. What a transaction adds is collected and written at its end, once per index and in the
 * same transaction: an event and its links become visible together.
 */
export class IndexStreams {
  readonly #pages: IndexPages;
  /** Positions that the transaction adds, by name of the index stream. */
  #added = new Map<string, number[]>();
  /** Scope of the last written stream: consecutive events usually belong to the same stream. */
  #scope: { readonly streamName: string; readonly scope: IndexScope | undefined } | undefined;

  constructor(
    tables: Tables,
    gaps: Gaps,
    private readonly streams: Streams,
  ) {
    this.#pages = new IndexPages(tables.links, gaps);
  }

  /** In a transaction: indexes a stored event. Events must come in the order of their positions. */
  add(streamName: string, position: number, event: IndexableEvent): void {
    const scope = this.#scopeOf(streamName);
    if (scope === undefined) return;
    for (const name of indexStreamsOf(scope, event)) {
      const positions = this.#added.get(name);
      if (positions === undefined) this.#added.set(name, [position]);
      else positions.push(position);
    }
  }

  /** At the end of a transaction: writes the collected entries. */
  write(): void {
    for (const [name, positions] of this.#added) {
      const id = this.streams.getOrCreateId(name);
      const firstRevision = this.streams.get(name).lastRevision + 1;
      this.#pages.append(id, firstRevision, positions);
      this.streams.setIndexLastRevision(name, id, firstRevision + positions.length - 1);
    }
    if (this.#added.size > 0) this.#added = new Map();
  }

  /** After the transaction was aborted. */
  rollback(): void {
    this.#added = new Map();
  }

  /** In a transaction: removes the entries of a scavenged event. */
  delete(event: ParsedEvent): void {
    const scope = this.#scopeOf(event.streamName);
    if (scope === undefined) return;
    for (const name of indexStreamsOf(scope, event)) this.#pages.delete(this.streams.get(name).id, event.position);
  }

  positionAt(indexId: number, revision: number): number | undefined {
    return this.#pages.positionAt(indexId, revision);
  }

  /** The nearest revision at or after the given one (at or before it, if `backwards`) whose event still exists. */
  nearestRevision(indexId: number, revision: number, backwards: boolean): number | undefined {
    return this.#pages.nearest(indexId, revision, backwards);
  }

  #scopeOf(streamName: string): IndexScope | undefined {
    if (this.#scope?.streamName !== streamName) this.#scope = { streamName, scope: indexScope(streamName) };
    return this.#scope.scope;
  }
}

/** Encodes the entry of an index stream for `event`. It has the creation time and the position of that event. */
export function indexEventFrame(indexId: number, index: IndexStream, revision: number, event: ParsedEvent): Buffer {
  const { type, data, customMetadata } = indexEntry(index, event);
  const content = {
    id: indexEventId(indexId, revision),
    type: Buffer.from(type),
    isJson: false,
    customMetadata: Buffer.from(customMetadata),
    data: Buffer.from(data),
  };
  return encodeEventFrame(appendHeader(index.name, event.createdMs), content, revision, event.position);
}

/** A deterministic id: a UUID of version 8 (RFC 9562) built from the revision and the id of the index stream. */
function indexEventId(indexId: number, revision: number): EventId {
  const id = Buffer.alloc(EVENT_ID_BYTES);
  writeUint48(id, 0, revision);
  id[6] = 0x80;
  id[8] = 0x80;
  id.writeUInt32BE(indexId, 12);
  return id;
}
