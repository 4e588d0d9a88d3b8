import { type Params } from 'nestjs-pino';
import { stdSerializers } from 'pino';
import { isPlainObject } from '../common/plain-object.js';
import { type IncomingMessage } from 'node:http';
import { type AppConfig } from '../config/index.js';
import { clientAddress } from './client-address.js';
import { requestIdOf } from './request-id.js';

const REDACTED = [
  'req.headers.authorization',
  'req.headers.cookie',
  'req.headers["x-api-key"]',
  'req.headers["proxy-authorization"]',
  'res.headers["set-cookie"]',
  '*.password',
  '*.secret',
  '*.token',
  '*.connectionString',
];

/** `user:password@` of URLs and connection strings; the bound of the scheme makes it linear. */
const URL_CREDENTIALS = /(\b[a-z][a-z0-9+.-]{0,31}:\/\/)[^\s/@:]*:[^\s/@]+@/gi;
/** Query of a URL, or of the path of a request. */
const QUERY = /((?:\b[a-z][a-z0-9+.-]{0,31}:\/\/|^\/)[^\s?#"'<>]{0,1024}\?)([^\s#"'<>]+)/gi;
/** Value of a parameter. */
const VALUE = /=[^&]*/g;

export function withoutCredentials(text: string): string {
  return text.replace(URL_CREDENTIALS, '$1[redacted]@');
}

/** Redacts credentials, and the values of queries: they may be tokens, or personal data. */
export function withoutSecrets(text: string): string {
  return withoutCredentials(text).replace(QUERY, (_, before: string, query: string) =>
    before.concat(query.includes('=') ? query.replace(VALUE, '=[redacted]') : '[redacted]'),
  );
}

/** Levels of nested fields whose strings are checked. */
const MAX_DEPTH = 3;

/** Replaces the secrets in a message, or in the strings of its fields; serializers handle objects of classes. */
function redacted(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  const isLiteral = isPlainObject(value) && Object.getPrototypeOf(value) === Object.prototype;
  if (!isLiteral || depth === MAX_DEPTH) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redacted(member, depth + 1)]));
}

/** Structured logs: one JSON object per line, with the request id, without secrets. */
export function loggingOptions({ logLevel, http }: Pick<AppConfig, 'logLevel' | 'http'>): Params {
  return {
    pinoHttp: {
      level: logLevel,
      genReqId: requestIdOf,
      redact: { paths: REDACTED, censor: '[redacted]' },
      hooks: {
        // Applies to all messages, also to those of libraries.
        logMethod(args, method) {
          method.apply(this, args.map((arg: unknown) => redacted(arg)) as typeof args);
        },
      },
      serializers: {
        req: (request: { id: string; method: string; url: string; raw: IncomingMessage }) => ({
          id: request.id,
          method: request.method,
          url: withoutSecrets(request.url),
          remoteAddress: clientAddress(request.raw, http.trustedProxies),
        }),
        err: (error: Error) => {
          const { message, stack, ...rest } = stdSerializers.err(error);
          const others = redacted(rest) as typeof rest;
          return { ...others, message: withoutSecrets(message), stack: withoutSecrets(stack) };
        },
        res: (response: { statusCode: number }) => ({ statusCode: response.statusCode }),
      },
      customLogLevel: (_request, response, error) =>
        error || response.statusCode >= 500 ? 'error' : response.statusCode >= 400 ? 'warn' : 'debug',
    },
  };
}
