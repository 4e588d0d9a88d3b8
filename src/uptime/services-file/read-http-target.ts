import { boolean, guard, integer, oneOf, refine } from '../../common/parse.js';
import { type HttpTarget, httpTarget, isConnectionHeader, isHttpToken, type StatusRange } from '../domain/index.js';
import { type Fields, listOf, NON_EMPTY_STRING } from './fields.js';
import { HEADER_VALUE, JSON_PATH } from './text-rules.js';
import { readTls } from './read-tls.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const MIN_STATUS = 100;
const MAX_STATUS = 599;
const MAX_REDIRECTS = 20;
/** Headers of a connection, not of a request (RFC 9113, 8.2.2), beside those that the probe sets. */
const NOT_IN_HTTP2 = /^(?:keep-alive|proxy-connection|te|http2-settings)$/i;

/** @param url as in {@link HttpTarget} */
export function readHttpTarget(fields: Fields, url: string | undefined): HttpTarget {
  const defaults = httpTarget(url);
  const target: HttpTarget = {
    ...defaults,
    method: fields.optional('method', oneOf(METHODS)) ?? defaults.method,
    headers: readHeaders(fields),
    body: fields.optional('body', fields.text()),
    acceptedStatuses: fields.optional('acceptedStatuses', statuses) ?? defaults.acceptedStatuses,
    bodyContains: fields.optional('bodyContains', fields.text(NON_EMPTY_STRING)),
    jsonPath: readJsonPath(fields),
    responseTimeBelowMs: fields.duration('responseTimeBelow', { min: 1 }),
    maxRedirects: fields.optional('maxRedirects', integer(0, MAX_REDIRECTS)) ?? defaults.maxRedirects,
    http2: fields.optional('http2', boolean),
    tls: readTls(fields) ?? defaults.tls,
  };
  rejectChecksWithoutBody(fields, target);
  if (target.http2) rejectWithHttp2(fields, target);
  return target;
}

/** A check of a body that no response can have would never succeed. */
function rejectChecksWithoutBody(
  fields: Fields,
  { method, acceptedStatuses, bodyContains, jsonPath }: HttpTarget,
): void {
  const without =
    method === 'HEAD'
      ? 'method HEAD, whose responses have no body; use GET'
      : acceptedStatuses.every(isWithoutBody)
        ? 'acceptedStatuses that are all of responses without a body; accept one such as 200'
        : undefined;
  if (without === undefined) return;
  if (bodyContains !== undefined) fields.reject('bodyContains', `must not be given together with ${without}`);
  if (jsonPath !== undefined) fields.reject('jsonPath', `must not be given together with ${without}`);
}

/** RFC 9110, 6.4.1. */
function isWithoutBody({ from, to }: StatusRange): boolean {
  return to < 200 || (from === to && [204, 304].includes(from));
}

function rejectWithHttp2(fields: Fields, { url, headers }: HttpTarget): void {
  if (url === undefined || /^http:/i.test(url))
    fields.reject('http2', 'must be used with a url that begins with https://: a server chooses HTTP/2 within TLS');
  for (const name of Object.keys(headers))
    if (NOT_IN_HTTP2.test(name)) fields.reject('headers', `must not contain ${name}, which HTTP/2 does not allow`);
}

export function readHeaders(fields: Fields): Readonly<Record<string, string>> {
  const headers = fields.mapping('headers', 'a mapping of header names to strings', (given) =>
    given.keys().map((name) => {
      if (!isHttpToken(name)) given.reject(name, 'must be the name of a header');
      if (isConnectionHeader(name)) given.reject(name, 'is not allowed: the probe sets this header');
      return [name, given.required(name, given.text(HEADER_VALUE)) ?? ''] as const;
    }),
  );
  return Object.fromEntries(headers ?? []);
}

const STATUS = `a status from ${MIN_STATUS} to ${MAX_STATUS} or a range such as 300-399`;
const statuses = refine(
  listOf<StatusRange>(`an array, each item ${STATUS}`, (given, context) => {
    const range = typeof given === 'string' ? /^(\d{3})-(\d{3})$/.exec(given)?.slice(1).map(Number) : [given, given];
    const [from, to] = range ?? [];
    return isStatus(from) && isStatus(to) && from <= to ? { from, to } : context.reject(STATUS, given);
  }),
  ({ length }) => (length === 0 ? 'must be at least one status' : undefined),
);

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= MIN_STATUS && value <= MAX_STATUS;
}

type Scalar = string | number | boolean | null;
const scalar = guard<Scalar>(
  'a string, a number, true, false or null',
  (given): given is Scalar => given === null || typeof given === 'boolean' || Number.isFinite(given),
);

function readJsonPath(fields: Fields): HttpTarget['jsonPath'] {
  return fields.mapping('jsonPath', 'a mapping with path and equals', (given) => {
    const path = given.required('path', given.text(JSON_PATH)) ?? '';
    const isText = typeof given.value('equals') === 'string';
    const equals = given.required<Scalar>('equals', isText ? given.text() : scalar);
    return equals === undefined ? undefined : { path, equals };
  });
}
