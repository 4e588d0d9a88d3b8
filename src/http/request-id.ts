import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';

const REQUEST_ID_HEADER = 'X-Request-Id';

/** Other values could forge log lines or inject headers. */
const ACCEPTED = /^[\w.:-]{1,128}$/;

const requestIds = new WeakMap<IncomingMessage, string>();

/** First middleware: assigns the caller's request id if acceptable, else a new one, and sets the response header. */
export function assignRequestId(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const received = request.headers[REQUEST_ID_HEADER.toLowerCase()];
  const id = typeof received === 'string' && ACCEPTED.test(received) ? received : randomUUID();
  requestIds.set(request, id);
  response.setHeader(REQUEST_ID_HEADER, id);
  next();
}

/** @throws Error if the request has not passed {@link assignRequestId} */
export function requestIdOf(request: IncomingMessage): string {
  const id = requestIds.get(request);
  if (id === undefined) throw new Error('assignRequestId must be the first middleware');
  return id;
}
