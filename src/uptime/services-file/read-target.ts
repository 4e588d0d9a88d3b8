import { integer } from '../../common/parse.js';
import { isPlainObject } from '../../common/plain-object.js';
import {
  type DatabaseTarget,
  databaseTarget,
  type ProbeKind,
  type ProbeTarget,
  type PushTarget,
  type TcpTarget,
  type WebSocketTarget,
  webSocketTarget,
} from '../domain/index.js';
import { CREDENTIALS_EXPECTED, hasReadableCredentials, isKurrentDBUrl } from '../../common/urls.js';
import { type Fields, NON_EMPTY_STRING, type StringRule } from './fields.js';
import { readHeaders, readHttpTarget } from './read-http-target.js';
import { BEARER_TOKEN, DATABASE_URL, HOST, HTTP_URL, SUBPROTOCOL, WEBSOCKET_URL } from './text-rules.js';
import { readTls } from './read-tls.js';

const MAX_PORT = 65_535;

/**
 * Reads the target of a service of this kind.
 *
 * @param documented target of the documented service of this name, if there is one: the default of the URL
 */
export function readTarget(kind: ProbeKind, fields: Fields, documented?: ProbeTarget): ProbeTarget {
  const url = (rule: StringRule): string | undefined => {
    if (documented?.kind !== kind || fields.value('url') !== undefined) return readUrl(fields, rule);
    return 'url' in documented ? documented.url : undefined;
  };
  switch (kind) {
    case 'http':
      return readHttpTarget(fields, url(HTTP_URL));
    case 'websocket':
      return readWebSocketTarget(fields, url(WEBSOCKET_URL));
    case 'database':
      return readDatabaseTarget(fields, url(DATABASE_URL));
    case 'tcp':
      return readTcpTarget(fields);
    case 'push':
      return readPushTarget(fields);
  }
}

function readUrl(fields: Fields, rule: StringRule): string {
  const url = fields.required('url', fields.text(rule));
  // Each database driver parses credentials by its own rules.
  if (rule !== DATABASE_URL && url !== undefined && !hasReadableCredentials(url))
    fields.reject('url', `must be ${CREDENTIALS_EXPECTED}`);
  return url ?? '';
}

function readWebSocketTarget(fields: Fields, url: string | undefined): WebSocketTarget {
  const defaults = webSocketTarget(url);
  return {
    ...defaults,
    headers: readHeaders(fields),
    subprotocol: fields.optional('subprotocol', fields.text(SUBPROTOCOL)),
    message: fields.optional('message', fields.text()),
    answerContains: fields.optional('answerContains', fields.text(NON_EMPTY_STRING)),
    tls: readTls(fields) ?? defaults.tls,
  };
}

function readDatabaseTarget(fields: Fields, url: string | undefined): DatabaseTarget {
  const isKurrentDB = url === undefined || isKurrentDBUrl(url);
  const isMongoDB = url !== undefined && /^mongodb(\+srv)?:/.test(url);
  const query = fields.optional('query', fields.text(isMongoDB ? MONGODB_COMMAND : NON_EMPTY_STRING));
  if (query !== undefined && isKurrentDB)
    fields.reject('query', 'is not allowed for KurrentDB, which is probed by an append and a read');
  return { ...databaseTarget(url), query };
}

const MONGODB_COMMAND: StringRule = {
  expected: 'a command as a JSON object, such as {"ping": 1}',
  matches: (text) => {
    try {
      const command: unknown = JSON.parse(text);
      return isPlainObject(command);
    } catch {
      return false;
    }
  },
};

function readTcpTarget(fields: Fields): TcpTarget {
  return {
    kind: 'tcp',
    host: fields.required('host', fields.text(HOST)) ?? '',
    port: fields.required('port', integer(1, MAX_PORT)) ?? 0,
    send: fields.optional('send', fields.text()),
    answerContains: fields.optional('answerContains', fields.text(NON_EMPTY_STRING)),
    tls: readTls(fields),
  };
}

function readPushTarget(fields: Fields): PushTarget {
  return { kind: 'push', token: fields.optional('token', fields.text(BEARER_TOKEN)) };
}
