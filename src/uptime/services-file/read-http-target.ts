import { type HttpTarget, httpTarget, isConnectionHeader, isHttpToken, type StatusRange } from '../domain/index.js';
import { type Fields, isInteger, NON_EMPTY_STRING } from './fields.js';
import { HEADER_VALUE, JSON_PATH } from './text-rules.js';
import { readTls } from './read-tls.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const MIN_STATUS = 100;
const MAX_STATUS = 599;
const MAX_REDIRECTS = 20;

/** @param url as in {@link HttpTarget} */
export function readHttpTarget(fields: Fields, url: string | undefined): HttpTarget {
  const defaults = httpTarget(url);
  return {
    ...defaults,
    method: fields.choice('method', METHODS) ?? defaults.method,
    headers: readHeaders(fields),
    body: fields.string('body'),
    acceptedStatuses: readStatuses(fields) ?? defaults.acceptedStatuses,
    bodyContains: fields.string('bodyContains', NON_EMPTY_STRING),
    jsonPath: readJsonPath(fields),
    responseTimeBelowMs: fields.duration('responseTimeBelow', { min: 1 }),
    maxRedirects: fields.integer('maxRedirects', 0, MAX_REDIRECTS) ?? defaults.maxRedirects,
    tls: readTls(fields) ?? defaults.tls,
  };
}

export function readHeaders(fields: Fields): Readonly<Record<string, string>> {
  const given = fields.mapping('headers', 'a mapping of header names to strings');
  const headers = new Map<string, string>();
  for (const name of given?.keys() ?? []) {
    if (!isHttpToken(name)) given?.reject(name, 'must be the name of a header');
    if (isConnectionHeader(name)) given?.reject(name, 'is not allowed: the probe sets this header');
    const value = given?.requiredString(name, HEADER_VALUE);
    if (value !== undefined) headers.set(name, value);
  }
  return Object.fromEntries(headers);
}

function readStatuses(fields: Fields): StatusRange[] | undefined {
  const statuses = fields.list(
    'acceptedStatuses',
    `a status from ${MIN_STATUS} to ${MAX_STATUS} or a range such as 300-399`,
    (item) => {
      const [, from, to] = (typeof item === 'string' && /^(\d{3})-(\d{3})$/.exec(item)) || [];
      const range =
        from === undefined || to === undefined ? { from: item, to: item } : { from: Number(from), to: Number(to) };
      if (!isInteger(range.from, MIN_STATUS, MAX_STATUS) || !isInteger(range.to, range.from, MAX_STATUS))
        return undefined;
      return { from: range.from, to: range.to };
    },
  );
  return statuses?.length === 0 ? fields.reject('acceptedStatuses', 'must be at least one status') : statuses;
}

function readJsonPath(fields: Fields): HttpTarget['jsonPath'] {
  const given = fields.mapping('jsonPath', 'a mapping with path and equals');
  if (!given) return undefined;
  const path = given.requiredString('path', JSON_PATH);
  const equals = given.scalar('equals');
  given.rejectUnknownKeys();
  return equals === undefined ? undefined : { path, equals };
}
