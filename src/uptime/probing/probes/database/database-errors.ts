import { describeConnectionError, ProbeFailure } from '../connection/connection-errors.js';

/** A connection that failed, or was closed before the answer had come. */
export function connectionFailure(error: unknown, endpoint: string): ProbeFailure {
  return new ProbeFailure(describeConnectionError(error, endpoint));
}

export function connectionClosed(endpoint: string): ProbeFailure {
  return connectionFailure({ code: 'ECONNRESET' }, endpoint);
}

export function passwordRefused(user: string): ProbeFailure {
  return new ProbeFailure(`password refused for user '${user}'`);
}

export function databaseMissing(name: string): ProbeFailure {
  return new ProbeFailure(`database '${name}' does not exist`);
}

/**
 * What a database said to a query that it did not like.
 *
 * @param said may quote the query; the URL's password is taken out of it
 */
export function queryFailed(said: string, password: string): ProbeFailure {
  return new ProbeFailure(`the query failed: ${withoutSecret(said, password)}`);
}

/** What a database said to a connection that it did not take. */
export function connectionRejected(endpoint: string, said: string, password: string): ProbeFailure {
  return new ProbeFailure(`${endpoint} did not take the connection: ${withoutSecret(said, password)}`);
}

/** What a driver said to a URL that it cannot use. */
export function urlUnusable(url: string, said: string): ProbeFailure {
  const [, password = ''] = /^[^:]+:\/\/[^:@/]*:([^@]*)@/.exec(url) ?? [];
  return new ProbeFailure(`the URL cannot be used: ${withoutSecret(said, password)}`);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function withoutSecret(text: string, secret: string): string {
  return secret === '' ? text : text.replaceAll(secret, '***');
}
