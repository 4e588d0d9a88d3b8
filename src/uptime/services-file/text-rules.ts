import { isIP } from 'node:net';
import { asciiNameOf } from '../../common/network/host-name.js';
import { DATABASE_URL_EXPECTED, isDatabaseUrl, isUrlOf, urlExpected } from '../../common/urls.js';
import { isHttpToken, isJsonPath } from '../domain/index.js';
import { type StringRule } from './fields.js';

/** @param protocols such as `http:` */
function urlOf(...protocols: readonly string[]): StringRule {
  return { expected: urlExpected(protocols), matches: (text) => isUrlOf(protocols, text) };
}

export const HTTP_URL = urlOf('http:', 'https:');
export const WEBSOCKET_URL = urlOf('ws:', 'wss:');
export const DATABASE_URL: StringRule = { expected: DATABASE_URL_EXPECTED, matches: isDatabaseUrl };

/** IP address, or RFC 1123 name, also internationalized; underscores are allowed, as in container networks. */
export const HOST: StringRule = {
  expected: 'a host name or an IP address, without port',
  matches: (text) => isIP(text) !== 0 || isHostName(asciiNameOf(text) ?? ''),
};

function isHostName(text: string): boolean {
  return (
    text.length <= 253 &&
    /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$/.test(
      text,
    )
  );
}

/** RFC 6455, 4.1. */
export const SUBPROTOCOL: StringRule = { expected: 'the name of a subprotocol', matches: isHttpToken };

/** RFC 9110, 5.5. */
export const HEADER_VALUE: StringRule = {
  expected: 'a string on one line, of characters allowed in a header',
  matches: (text) => /^[\t\x20-\x7e\x80-\xff]*$/.test(text),
};

/** RFC 6750, 2.1. */
export const BEARER_TOKEN: StringRule = {
  expected: 'a token of letters, digits and - . _ ~ + / =',
  matches: (text) => /^[A-Za-z0-9\-._~+/]+=*$/.test(text),
};

export const JSON_PATH: StringRule = { expected: 'a path such as $.checks[0]["response time"]', matches: isJsonPath };
