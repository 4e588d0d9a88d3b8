import { type EventData, jsonEvent, type JSONType, type RecordedEvent as ClientEvent } from '@kurrent/kurrentdb-client';
import { hash } from 'node:crypto';
import { isPlainObject } from '../../common/plain-object.js';
import { toTimestamp } from '../../common/time.js';
import {
  type Clock,
  createEventId,
  type EventMetadata,
  type EventRegistry,
  isEventId,
  type NewEvent,
  type RandomString,
  type RecordedEvent,
  ValidationError,
} from '../domain/index.js';

/** `source` of events without one. */
const DEFAULT_SOURCE = 'penguin-pool-streams';

/** Metadata as stored: those of the domain, and two fields that {@link BaseEvent} has outside its metadata. */
interface StoredMetadata extends EventMetadata {
  readonly eventId?: string;
  readonly timestamp?: string;
}

/** Not of the domain's metadata; a multi-stream append adds the last two (type and content type of the event). */
const ENVELOPE_FIELDS: ReadonlySet<string> = new Set([
  'schemaVersion',
  'eventId',
  'timestamp',
  '$schema.name',
  '$schema.format',
]);

export interface EncodedEvent {
  /** Ready for the client. */
  readonly event: EventData;
  /** Bytes of data and metadata together. */
  readonly bytes: number;
}

/** Converts between domain events and stored events: ids, timestamps, schema versions. */
export class EventCodec {
  constructor(
    private readonly registry: EventRegistry,
    private readonly clock: Clock,
    private readonly random: RandomString,
  ) {}

  /** @throws ValidationError for data that is not JSON, or a malformed event id */
  encode({ type, data, metadata, timestamp, eventId }: NewEvent): EncodedEvent {
    if (type === '' || type.startsWith('$'))
      throw new ValidationError(`type must not be empty or begin with '$', got '${type}'`);
    const now = this.clock.now();
    const id = eventId ?? createEventId(now, this.random);
    if (!isEventId(id))
      throw new ValidationError(`eventId must be evt_{milliseconds}_{letters and digits}, got '${id}'`);
    const schemaVersion = metadata?.schemaVersion ?? this.registry.schemaVersionOf(type) ?? 1;
    const stored: StoredMetadata = {
      source: DEFAULT_SOURCE,
      ...metadata,
      schemaVersion,
      eventId: id,
      timestamp: timestamp ?? toTimestamp(now),
    };
    const json = toJson(data ?? null, `data of event '${type}'`);
    const metadataJson = toJson(stored, `metadata of event '${type}'`);
    return {
      event: jsonEvent({
        id: uuidOfEventId(id),
        type,
        data: json.value,
        metadata: metadataJson.value as Record<string, unknown>,
      }),
      bytes: json.bytes + metadataJson.bytes,
    };
  }

  /**
   * Encodes an event for a multi-stream append, whose properties are strings. {@link decode} restores their types.
   *
   * @throws ValidationError as {@link encode}
   */
  encodeForSession(event: NewEvent): EncodedEvent {
    const { event: encoded, bytes } = this.encode(event);
    const properties = Object.entries(encoded.metadata ?? {})
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]);
    return { event: { ...encoded, metadata: Object.fromEntries(properties) as Record<string, string> }, bytes };
  }

  decode(event: ClientEvent): RecordedEvent {
    const { metadata, eventId, timestamp } = readMetadata(event.metadata);
    return {
      type: event.type,
      ...this.registry.decode(event.type, event.data, metadata.schemaVersion ?? 1),
      metadata,
      timestamp: timestamp ?? event.created.toISOString(),
      eventId: eventId ?? event.id,
      streamName: event.streamId,
      revision: event.revision,
      position: event.position,
      created: event.created.getTime(),
    };
  }
}

/**
 * UUID of the event in the store: version 8 (RFC 9562, 5.8), from the first 122 free bits of the event id's SHA-256.
 */
export function uuidOfEventId(eventId: string): string {
  const hex = hash('sha256', eventId);
  const variant = ((parseInt(hex.charAt(16), 16) & 0b0011) | 0b1000).toString(16);
  const [low, middle] = [hex.slice(0, 8), hex.slice(8, 12)];
  return `${low}-${middle}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function readMetadata(stored: unknown): { metadata: EventMetadata; eventId?: string; timestamp?: string } {
  // Events of other writers may have no metadata, binary ones, or any JSON value.
  if (!isPlainObject(stored)) return { metadata: {} };
  const metadata: Record<string, unknown> = {};
  // A loop, because a rest pattern costs twice as much for each event of a rebuild.
  for (const name in stored) if (!ENVELOPE_FIELDS.has(name)) metadata[name] = stored[name];
  // A multi-stream append converts numbers to strings.
  const { schemaVersion: version, eventId, timestamp } = stored;
  if (typeof version === 'string' && /^\d{1,9}$/.test(version)) metadata.schemaVersion = Number(version);
  else if (typeof version === 'number') metadata.schemaVersion = version;
  return {
    metadata,
    ...(typeof eventId === 'string' ? { eventId } : {}),
    ...(typeof timestamp === 'string' && !Number.isNaN(Date.parse(timestamp)) ? { timestamp } : {}),
  };
}

function toJson(value: unknown, what: string): { value: JSONType; bytes: number } {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new ValidationError(`The ${what} cannot be written as JSON: ${(cause as Error).message}`, { cause });
  }
  if (text === undefined) throw new ValidationError(`The ${what} cannot be written as JSON`);
  return { value: value as JSONType, bytes: Buffer.byteLength(text) };
}
