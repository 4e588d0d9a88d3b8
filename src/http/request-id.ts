import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';

const REQUEST_ID_HEADER = 'X-Request-Id';

/** What is taken over from a caller or a proxy; anything else could forge log lines or be a header of its own. */
const ACCEPTED = /^[\w.:-]{1,128}$/;

const requestIds = new WeakMap<IncomingMessage, string>();

/**
 * The first middleware: gives every request an id, the caller's where it is of an acceptable form, and tells it in the answer's
 * header.
 */
export function assignRequestId(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const given = request.headers[REQUEST_ID_HEADER.toLowerCase()];
  const id = typeof given === 'string' && ACCEPTED.test(given) ? given : randomUUID();
  requestIds.set(request, id);
  response.setHeader(REQUEST_ID_HEADER, id);
  next();
}

/** The id that {@link assignRequestId} gave. @throws Error for a request that did not pass it */
export function requestIdOf(request: IncomingMessage): string {
  const id = requestIds.get(request);
  if (id === undefined) throw new Error('assignRequestId must be the first middleware');
  return id;
}
