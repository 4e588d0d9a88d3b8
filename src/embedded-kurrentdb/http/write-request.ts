import { type IncomingHttpHeaders } from 'node:http';
import { type ExpectedVersion } from '../log/index.js';
import { type EventId, isNilEventId, parseEventId } from '../storage/event-id.js';
import { type ProposedEvent } from '../storage/event-frame.js';

/** The request is answered with an HTTP status and a reason. */
export class HttpError extends Error {
  override readonly name = 'HttpError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Media types of several events in one array. */
const EVENTS_TYPES = ['application/vnd.kurrent.events+json', 'application/vnd.eventstore.events+json'];
const JSON_TYPE = 'application/json';
const BINARY_TYPE = 'application/octet-stream';
const EMPTY = Buffer.alloc(0);
const EXPECTED_VERSIONS: Readonly<Record<string, ExpectedVersion>> = {
  '-1': { kind: 'noStream' },
  '-2': { kind: 'any' },
  '-4': { kind: 'streamExists' },
};

/** Value of a header with either of its prefixes. */
const headerOf = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[`kurrent-${name}`] ?? headers[`es-${name}`];
  return typeof value === 'string' ? value : undefined;
};

/** Whether the id of the event must be given by the URL, because neither header nor body has one. */
export function lacksEventId(headers: IncomingHttpHeaders): boolean {
  const mediaType = mediaTypeOf(headers);
  return (mediaType === JSON_TYPE || mediaType === BINARY_TYPE) && headerOf(headers, 'eventid') === undefined;
}

/** @throws HttpError 400 */
export function expectedVersionOf(headers: IncomingHttpHeaders): ExpectedVersion {
  const text = headerOf(headers, 'expectedversion') ?? '-2';
  const state = EXPECTED_VERSIONS[text];
  if (state !== undefined) return state;
  if (!/^\d{1,19}$/.test(text)) throw new HttpError(400, `ES-ExpectedVersion header in wrong format: '${text}'.`);
  return { kind: 'exact', revision: BigInt(text) };
}

/**
 * The events of a request: an array of events, or the data of one whose type and id are in the headers.
 *
 * @param eventId from the URL, for an event without one in the headers
 * @throws HttpError 400 for a malformed request, 415 for another media type
 */
export function eventsOf(headers: IncomingHttpHeaders, body: Buffer, eventId: string | undefined): ProposedEvent[] {
  const mediaType = mediaTypeOf(headers);
  if (EVENTS_TYPES.includes(mediaType)) return eventArray(parseJson(body));
  if (mediaType !== JSON_TYPE && mediaType !== BINARY_TYPE)
    throw new HttpError(415, `Unsupported media type '${mediaType}'.`);
  const type = headerOf(headers, 'eventtype');
  if (type === undefined || type === '')
    throw new HttpError(400, 'Must include an event type with the request either in body or as ES-EventType header.');
  const isJson = mediaType === JSON_TYPE;
  if (isJson) parseJson(body);
  const id = parseId(headerOf(headers, 'eventid') ?? eventId);
  return [{ id, type: Buffer.from(type), isJson, customMetadata: EMPTY, data: body }];
}

function eventArray(document: unknown): ProposedEvent[] {
  if (!Array.isArray(document) || document.length === 0) throw new HttpError(400, 'Write request body invalid.');
  return document.map((entry: unknown): ProposedEvent => {
    if (typeof entry !== 'object' || entry === null) throw new HttpError(400, 'Write request body invalid.');
    const { eventId, eventType, data, metadata } = entry as Readonly<Record<string, unknown>>;
    if (typeof eventType !== 'string' || eventType === '')
      throw new HttpError(400, 'Empty eventType in write request body.');
    return {
      id: parseId(eventId),
      type: Buffer.from(eventType),
      isJson: true,
      customMetadata: jsonOf(metadata),
      data: jsonOf(data),
    };
  });
}

const jsonOf = (value: unknown): Buffer => (value === undefined ? EMPTY : Buffer.from(JSON.stringify(value)));

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new HttpError(400, 'Write request body invalid.');
    throw cause;
  }
}

function parseId(text: unknown): EventId {
  const id = typeof text === 'string' ? parseEventId(Buffer.from(text)) : undefined;
  if (id === undefined || isNilEventId(id)) throw new HttpError(400, `Invalid event id '${String(text)}'.`);
  return id;
}

function mediaTypeOf(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
