import {
  describeConnectionError,
  isLocalShortage,
  LocalShortage,
  ProbeFailure,
} from '../connection/connection-errors.js';

export function connectionFailure(error: unknown, hostPort: string): ProbeFailure {
  const reason = describeConnectionError(error, hostPort);
  return isLocalShortage(error) ? new LocalShortage(reason) : new ProbeFailure(reason);
}

export function connectionClosed(hostPort: string): ProbeFailure {
  return connectionFailure({ code: 'ECONNRESET' }, hostPort);
}

export function passwordRejected(user: string): ProbeFailure {
  return new ProbeFailure(`password rejected for user '${user}'`);
}

export function databaseMissing(name: string): ProbeFailure {
  return new ProbeFailure(`database '${name}' does not exist`);
}

/** @param serverMessage may quote the query; the password of the URL is redacted */
export function queryFailed(serverMessage: string, password: string): ProbeFailure {
  return new ProbeFailure(`the query failed: ${redact(serverMessage, password)}`);
}

export function connectionRejected(hostPort: string, serverMessage: string, password: string): ProbeFailure {
  return new ProbeFailure(`${hostPort} rejected the connection: ${redact(serverMessage, password)}`);
}

/** @param reason the message of the driver */
export function invalidUrl(url: string, reason: string): ProbeFailure {
  const [, password = ''] = /^[^:]+:\/\/[^:@/]*:([^@]*)@/.exec(url) ?? [];
  return new ProbeFailure(`the URL is not valid: ${redact(reason, password)}`);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function redact(text: string, secret: string): string {
  return secret === '' ? text : text.replaceAll(secret, '***');
}
