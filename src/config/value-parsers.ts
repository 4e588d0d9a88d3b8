import { type Parser, stringThat } from '../common/parse.js';
import {
  CREDENTIALS_EXPECTED,
  DATABASE_URL_EXPECTED,
  hasReadableCredentials,
  isDatabaseUrl,
  isKurrentDBUrl,
  isUrlOf,
  isWebOrigin,
  urlExpected,
} from '../common/urls.js';

export function integer(min: number, max: number): Parser<number> {
  return (text, context) => {
    const number = Number(text);
    if (/^\d+$/.test(String(text)) && number >= min && number <= max) return number;
    return context.reject(`an integer from ${min} to ${max}`, text);
  };
}

export function url(...protocols: readonly string[]): Parser<string> {
  return (text, context) => {
    if (typeof text !== 'string' || !isUrlOf(protocols, text)) return context.reject(urlExpected(protocols), text);
    return hasReadableCredentials(text) ? text : context.reject(CREDENTIALS_EXPECTED, text);
  };
}

export const connectionString = stringThat(
  'a KurrentDB connection string such as kurrentdb://user:password@host:2113 or kurrentdb+discover://host:2113',
  isKurrentDBUrl,
);

export const databaseUrl = stringThat(DATABASE_URL_EXPECTED, isDatabaseUrl);

/** Minimum for HMAC with SHA-256 (RFC 7518, 3.2). */
const MIN_SECRET_BYTES = 32;

export const sharedSecret = stringThat(
  `a random string of at least ${MIN_SECRET_BYTES} bytes`,
  (text) => Buffer.byteLength(text) >= MIN_SECRET_BYTES,
);

/** Listed origins may send credentials; any origin may not, so that `*` stands alone. */
export const corsOrigins: Parser<'*' | readonly string[]> = (text, context) => {
  if (text === '*') return text;
  const origins = String(text)
    .split(',')
    .map((origin) => origin.trim());
  if (origins.every(isWebOrigin)) return origins;
  return context.reject(
    '* alone, or origins separated by commas, each scheme://host or scheme://host:port as browsers send it: http or https, in lower case, without path and without the default port',
    text,
  );
};
