import { type ServerResponse } from 'node:http';

const waiting = new WeakSet<ServerResponse>();

/** Marks a request whose client waits for `100 Continue` before it sends the body (RFC 9110, 10.1.1). */
export function awaitContinue(response: ServerResponse): void {
  waiting.add(response);
}

/** Asks the client for the body, if it waits for that. Without this, it gets the response and sends no body. */
export function continueIfAwaited(response: ServerResponse): void {
  if (waiting.delete(response)) response.writeContinue();
}
