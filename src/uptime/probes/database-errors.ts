import { describeConnectionError } from './connection-errors.js';
import { DatabaseFailure } from './database.probe.js';

/** A connection that failed, or was closed before the answer had come. */
export function connectionFailure(error: unknown, endpoint: string): DatabaseFailure {
  return new DatabaseFailure(describeConnectionError(error, endpoint));
}

export function connectionClosed(endpoint: string): DatabaseFailure {
  return connectionFailure({ code: 'ECONNRESET' }, endpoint);
}

export function passwordRefused(user: string): DatabaseFailure {
  return new DatabaseFailure(`password refused for user '${user}'`);
}

export function databaseMissing(name: string): DatabaseFailure {
  return new DatabaseFailure(`database '${name}' does not exist`);
}

/**
 * What a database said to a query that it did not like.
 *
 * @param said may quote the query; the URL's password is taken out of it
 */
export function queryFailed(said: string, password: string): DatabaseFailure {
  return new DatabaseFailure(`the query failed: ${withoutSecret(said, password)}`);
}

/** What a database said to a connection that it did not take. */
export function turnedAway(endpoint: string, said: string, password: string): DatabaseFailure {
  return new DatabaseFailure(`${endpoint} did not take the connection: ${withoutSecret(said, password)}`);
}

/** What a driver said to a URL that it cannot use. */
export function urlUnusable(url: string, said: string): DatabaseFailure {
  const [, password = ''] = /^[^:]+:\/\/[^:@/]*:([^@]*)@/.exec(url) ?? [];
  return new DatabaseFailure(`the URL cannot be used: ${withoutSecret(said, password)}`);
}

/** The `code` of a driver's error, if it is a text. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function withoutSecret(text: string, secret: string): string {
  return secret === '' ? text : text.replaceAll(secret, '***');
}
