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
import { type Fields, SOME_TEXT, type TextRule } from './fields.js';
import { readHeaders, readHttpTarget } from './read-http-target.js';
import { BEARER_TOKEN, DATABASE_URL, HOST, HTTP_URL, SUBPROTOCOL, WEBSOCKET_URL } from './text-rules.js';
import { readTls } from './read-tls.js';

const HIGHEST_PORT = 65_535;

/**
 * What is probed, of the fields that a kind of service has.
 *
 * @param documented what the environment says of a service of this name, where it does: its URL is taken where the fields name none
 */
export function readTarget(kind: ProbeKind, fields: Fields, documented?: ProbeTarget): ProbeTarget {
  const url = (rule: TextRule): string | undefined => {
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

function readUrl(fields: Fields, rule: TextRule): string {
  const url = fields.requiredText('url', rule);
  // The drivers of databases read credentials each in its own way.
  if (rule !== DATABASE_URL && !fields.isWrong('url') && !hasReadableCredentials(url))
    fields.wrong('url', `must be ${CREDENTIALS_EXPECTED}`);
  return url;
}

function readWebSocketTarget(fields: Fields, url: string | undefined): WebSocketTarget {
  const usual = webSocketTarget(url);
  return {
    ...usual,
    headers: readHeaders(fields),
    subprotocol: fields.text('subprotocol', SUBPROTOCOL),
    message: fields.text('message'),
    answerContains: fields.text('answerContains', SOME_TEXT),
    tls: readTls(fields) ?? usual.tls,
  };
}

function readDatabaseTarget(fields: Fields, url: string | undefined): DatabaseTarget {
  const isKurrentDB = url === undefined || isKurrentDBUrl(url);
  const isMongoDB = url !== undefined && /^mongodb(\+srv)?:/.test(url);
  const query = fields.text('query', isMongoDB ? MONGODB_COMMAND : SOME_TEXT);
  if (query !== undefined && isKurrentDB)
    fields.wrong('query', 'KurrentDB takes no query: it is asked by an append and a read; leave it out');
  return { ...databaseTarget(url), query };
}

const MONGODB_COMMAND: TextRule = {
  expected: 'a command as a JSON object, such as {"ping": 1}',
  holds: (text) => {
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
    host: fields.requiredText('host', HOST),
    port: fields.requiredInteger('port', 1, HIGHEST_PORT) ?? 0,
    send: fields.text('send'),
    answerContains: fields.text('answerContains', SOME_TEXT),
    tls: readTls(fields),
  };
}

function readPushTarget(fields: Fields): PushTarget {
  return { kind: 'push', token: fields.text('token', BEARER_TOKEN) };
}
