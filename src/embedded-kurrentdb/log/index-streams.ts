import { LINK_TYPE } from './link.js';
import { parseSystemMetadata, SOFT_DELETED_TRUNCATE_BEFORE } from './system-metadata.js';
import { isMetadataStream, isSystemStream, originalStreamOf } from './stream-name.js';

/**
 * The streams that KurrentDB's system projections write, implemented as indexes of the log: each of their events refers
 * to an event of an ordinary stream. Their content follows KurrentDB.Projections.Core/Standard:
 * CategorizeEventsByStreamPath, CategorizeStreamByPath (both by the first `-`), IndexEventsByEventType, IndexStreams,
 * ByCorrelationId. Which events are indexed follows TransactionFileEventFilter: those of ordinary streams and of their
 * metadata streams.
 *
 * | stream | its events |
 * |---|---|
 * | `$ce-{category}` | links to the events of all streams `{category}-…` |
 * | `$et-{event type}` | links to the events of that type; `$et-$deleted` to deletions |
 * | `$streams` | a link to the first event of every stream |
 * | `$category-{category}` | the names of the streams `{category}-…` |
 * | `$bc-{correlation id}` | links to the events whose custom metadata has this `$correlationId` |
 */
type IndexKind = 'category' | 'eventType' | 'streams' | 'categoryStreams' | 'correlation';

export interface IndexStream {
  readonly name: string;
  readonly kind: IndexKind;
}

const CATEGORY_PREFIX = '$ce-';
const EVENT_TYPE_PREFIX = '$et-';
const CATEGORY_STREAMS_PREFIX = '$category-';
const CORRELATION_PREFIX = '$bc-';
const STREAMS_NAME = '$streams';

const METADATA_TYPE = '$metadata';
const STREAM_DELETED_TYPE = '$streamDeleted';

/** The type under which deletions are indexed, whatever the type of their event. */
const DELETED_TYPE = '$deleted';

/** The type of an event whose data is a stream name. */
const STREAM_REFERENCE_TYPE = '$@';

/** The index stream of that name, even if it is empty; undefined for any other name. */
export function indexStream(name: string): IndexStream | undefined {
  const kind = isSystemStream(name) ? kindOf(name) : undefined;
  return kind && { name, kind };
}

function kindOf(name: string): IndexKind | undefined {
  if (name === STREAMS_NAME) return 'streams';
  if (name.startsWith(CATEGORY_PREFIX)) return 'category';
  if (name.startsWith(EVENT_TYPE_PREFIX)) return 'eventType';
  if (name.startsWith(CATEGORY_STREAMS_PREFIX)) return 'categoryStreams';
  return name.startsWith(CORRELATION_PREFIX) ? 'correlation' : undefined;
}

/** The fields of an event that are indexed. */
export interface IndexableEvent {
  /** 2^63 - 1 or more for a tombstone. */
  readonly revision: number;
  readonly type: string;
  readonly customMetadata: Uint8Array;
  readonly data: Uint8Array;
}

/** The properties of a stream that decide how its events are indexed. */
export interface IndexScope {
  readonly isMetadata: boolean;
  /** Category of the stream, or of the original stream of a metadata stream. */
  readonly category: string | undefined;
}

/** Undefined if the events of the stream are not indexed: system streams and their metadata streams. */
export function indexScope(streamName: string): IndexScope | undefined {
  const isMetadata = isMetadataStream(streamName);
  const name = isMetadata ? originalStreamOf(streamName) : streamName;
  return isSystemStream(name) ? undefined : { isMetadata, category: categoryOf(name) };
}

/** The name up to the first `-`, unless that is empty. */
function categoryOf(name: string): string | undefined {
  const end = name.indexOf('-');
  return end > 0 ? name.slice(0, end) : undefined;
}

/** Names of the index streams that contain the event. */
export function indexStreamsOf({ isMetadata, category }: IndexScope, event: IndexableEvent): string[] {
  const names: string[] = [];
  const isDeletion = isStreamDeletion(isMetadata, event);
  if (category !== undefined && (!isMetadata || isDeletion)) names.push(CATEGORY_PREFIX + category);
  if (event.revision === 0) {
    names.push(STREAMS_NAME);
    if (category !== undefined && !isMetadata) names.push(CATEGORY_STREAMS_PREFIX + category);
  }
  if (event.type === LINK_TYPE) return names;
  names.push(EVENT_TYPE_PREFIX + (isDeletion ? DELETED_TYPE : event.type));
  const correlationId = correlationIdIn(event.customMetadata);
  if (correlationId !== undefined) names.push(CORRELATION_PREFIX + correlationId);
  return names;
}

/** Whether the event deletes its stream, or its original stream (StreamDeletedHelper). */
function isStreamDeletion(isMetadata: boolean, { type, data }: IndexableEvent): boolean {
  if (!isMetadata) return type === STREAM_DELETED_TYPE;
  return (
    type === METADATA_TYPE &&
    parseSystemMetadata(Buffer.from(data).toString('utf8')).truncateBefore === SOFT_DELETED_TRUNCATE_BEFORE
  );
}

export const CORRELATION_KEY = '$correlationId';
const ESCAPE = '\\u';

/** Checks for the key first: most events have no correlation id and need no parsing. */
function correlationIdIn(customMetadata: Uint8Array): string | undefined {
  if (customMetadata.length === 0) return undefined;
  const bytes = Buffer.from(customMetadata.buffer, customMetadata.byteOffset, customMetadata.length);
  if (!bytes.includes(CORRELATION_KEY) && !bytes.includes(ESCAPE)) return undefined;
  return parseCorrelationId(bytes.toString('utf8'));
}

/** Undefined if the metadata is not a JSON object or has no string `$correlationId`: clients may write anything. */
export function parseCorrelationId(customMetadata: string): string | undefined {
  try {
    const document: unknown = JSON.parse(customMetadata);
    if (typeof document !== 'object' || document === null) return undefined;
    const id: unknown = Reflect.get(document, CORRELATION_KEY);
    return typeof id === 'string' ? id : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** An event that an index stream refers to. */
export interface IndexedEvent extends IndexableEvent {
  readonly streamName: string;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
}

/** Content of an event of an index stream. */
interface IndexEntry {
  readonly type: string;
  readonly data: string;
  /** JSON, or empty. */
  readonly customMetadata: string;
}

/** 2^63 - 1, the revision of a tombstone in the protocol. */
export const TOMBSTONE_REVISION_STRING = '9223372036854775807';

/** The entry for an event: a link, with the part of KurrentDB's link metadata that concerns the event. */
export function indexEntry({ kind }: IndexStream, event: IndexedEvent): IndexEntry {
  const { streamName, type } = event;
  const revision = event.revision >= SOFT_DELETED_TRUNCATE_BEFORE ? TOMBSTONE_REVISION_STRING : String(event.revision);
  const link = (target: string, metadata?: object): IndexEntry => ({
    type: LINK_TYPE,
    data: target,
    customMetadata: metadata === undefined ? '' : JSON.stringify(metadata),
  });
  const isDeletion = isStreamDeletion(isMetadataStream(streamName), event);
  switch (kind) {
    case 'category': {
      const original = isDeletion ? originalOrSelf(streamName) : streamName;
      const target = type === LINK_TYPE ? Buffer.from(event.data).toString('utf8') : `${revision}@${streamName}`;
      return link(target, { $o: original, ...(isDeletion ? { $deleted: -1 } : {}) });
    }
    case 'eventType':
      return isDeletion
        ? link(`${revision}@${originalOrSelf(streamName)}`, { $deleted: -1 })
        : link(`${revision}@${streamName}`);
    case 'streams':
      return link(`${revision}@${streamName}`);
    case 'categoryStreams':
      return { type: STREAM_REFERENCE_TYPE, data: streamName, customMetadata: '' };
    case 'correlation':
      return link(`${revision}@${streamName}`, {
        $eventTimestamp: new Date(event.createdMs).toISOString().replace(/Z$/, '000Z'),
      });
  }
}

const originalOrSelf = (streamName: string): string =>
  isMetadataStream(streamName) ? originalStreamOf(streamName) : streamName;
