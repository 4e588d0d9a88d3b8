import { guard, integer, oneOf, refine } from '../../common/parse.js';
import { type HttpTarget, httpTarget, isConnectionHeader, isHttpToken, type StatusRange } from '../domain/index.js';
import { type Fields, listOf, NON_EMPTY_STRING } from './fields.js';
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
    method: fields.optional('method', oneOf(METHODS)) ?? defaults.method,
    headers: readHeaders(fields),
    body: fields.optional('body', fields.text()),
    acceptedStatuses: fields.optional('acceptedStatuses', statuses) ?? defaults.acceptedStatuses,
    bodyContains: fields.optional('bodyContains', fields.text(NON_EMPTY_STRING)),
    jsonPath: readJsonPath(fields),
    responseTimeBelowMs: fields.duration('responseTimeBelow', { min: 1 }),
    maxRedirects: fields.optional('maxRedirects', integer(0, MAX_REDIRECTS)) ?? defaults.maxRedirects,
    tls: readTls(fields) ?? defaults.tls,
  };
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
